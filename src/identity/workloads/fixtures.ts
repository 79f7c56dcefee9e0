/** What the tests of this folder share: a database, an issuer over real HTTP, a clock. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStorage, type Storage } from '../../storage/storage.ts';
import { fetchJson } from '../fetch-json.ts';
import { startTestIssuer, testKey, type TestIssuer, type TestKey } from '../test-issuer.ts';
import { createFirstUse, type FirstUse } from './replay.ts';

export const GATEWAY = 'https://gw.example';

export interface Bench {
  readonly folder: string;
  readonly storage: Storage;
  readonly issuer: TestIssuer;
  readonly keys: { readonly ec: TestKey; readonly rsa: TestKey; readonly stranger: TestKey };
  readonly clock: { now: number };
  readonly parts: { readonly firstUse: FirstUse; readonly fetchJson: typeof fetchJson; readonly now: () => number };
  close(): Promise<void>;
}

export async function startBench(): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-workloads-'));
  const storage = await openStorage({ url: join(folder, 'db') });
  const keys = { ec: await testKey('ec', 'ES256'), rsa: await testKey('rsa', 'RS256'), stranger: await testKey('ec', 'ES256') };
  const issuer = await startTestIssuer([keys.ec, keys.rsa]);
  const clock = { now: Date.parse('2026-11-21T12:00:00Z') };
  const now = (): number => clock.now;
  return {
    folder,
    storage,
    issuer,
    keys,
    clock,
    parts: { firstUse: createFirstUse(storage, now), fetchJson, now },
    async close() {
      await issuer.close();
      await storage.close();
      await rm(folder, { recursive: true });
    },
  };
}
