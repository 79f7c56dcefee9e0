import { createHash } from 'node:crypto';
import type { Installation } from '../protocols/protocol.ts';
import type { Storage } from '../storage/storage.ts';

/** Longer than a process is silent that still runs. */
const DEAD_AFTER_MS = 60_000;

/** All gateways with one key are one installation; each says that it lives in the database that they share. */
export function openInstallation({ db }: Storage, owner: string, key: Uint8Array): Installation {
  return {
    name: createHash('sha256').update('the name of an installation').update(key).digest('hex').slice(0, 8),
    owner,
    async isAlive(other) {
      const row = await db.selectFrom('owners').select('alive_until').where('owner', '=', other).executeTakeFirst();
      return row !== undefined && row.alive_until > Date.now() - DEAD_AFTER_MS;
    },
  };
}
