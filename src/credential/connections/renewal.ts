import { setTimeout as sleep } from 'node:timers/promises';
import { SallyportError } from '../../core/error.ts';
import type { ConnectionRow } from '../../storage/schema.ts';
import type { Storage } from '../../storage/storage.ts';
import { TokenRefusal, type TokenAnswer } from '../oauth/token-endpoint.ts';
import type { SealingKeys } from '../sealing/seal.ts';
import { openTokens, placeOf, renewalOf, sealTokens, type HeldTokens } from './connection-rows.ts';

export interface RenewalDeps {
  readonly storage: Storage;
  readonly keys: SealingKeys;
  /** Names this process. */
  readonly owner: string;
  readonly now: () => number;
}

/** Asks the authorization server for the next tokens. */
export type Refresh = (row: ConnectionRow, tokens: HeldTokens) => Promise<TokenAnswer>;

export type Renewed = { readonly kind: 'held'; readonly row: ConnectionRow; readonly tokens: HeldTokens } | { readonly kind: 'ended'; readonly why: string };

/** Longer than a refresh takes at most, with both of its requests. */
const LEASE_MS = 30_000;
const LOOK_AGAIN_MS = 100;
const MAX_LOOKS = 400;

/**
 * The tokens of a connection, refreshed where their time is over or a target refused them. A refresh token works once: of all
 * processes one holds the row's lease and asks, the others wait for what it writes.
 */
export async function renewTokens(id: string, refused: string | undefined, refresh: Refresh, deps: RenewalDeps): Promise<Renewed> {
  for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
    const row = await readRow(id, deps.storage);
    if (row?.status !== 'connected') return { kind: 'ended', why: 'disconnected' };
    const tokens = await openTokens(deps.keys, row);
    if (tokens.accessToken !== refused && !isDue(tokens, deps.now())) return { kind: 'held', row, tokens };
    if (tokens.refreshToken === undefined) return withoutRefresh(row, tokens, refused, deps.now());
    if (await takeLease(row, deps)) return refreshLeased(row, tokens, refresh, deps);
    await sleep(LOOK_AGAIN_MS);
  }
  throw new SallyportError('credential_missing', 'another process is refreshing this account and does not end', { hint: 'try again in a minute' });
}

export const isDue = ({ renewAt }: HeldTokens, now: number): boolean => now >= renewAt;

function withoutRefresh(row: ConnectionRow, tokens: HeldTokens, refused: string | undefined, now: number): Renewed {
  if (tokens.accessToken !== refused && now < tokens.expiresAt) return { kind: 'held', row, tokens };
  return { kind: 'ended', why: 'its token is over and cannot be refreshed' };
}

const readRow = (id: string, { db }: Storage) => db.selectFrom('connections').selectAll().where('id', '=', id).executeTakeFirst();

async function takeLease({ id, version }: ConnectionRow, { storage, owner, now }: RenewalDeps): Promise<boolean> {
  const { numUpdatedRows } = await storage.db
    .updateTable('connections')
    .set({ lease_owner: owner, lease_until: now() + LEASE_MS })
    .where('id', '=', id)
    .where('version', '=', version)
    .where('lease_until', '<', now())
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

async function refreshLeased(row: ConnectionRow, tokens: HeldTokens, refresh: Refresh, deps: RenewalDeps): Promise<Renewed> {
  try {
    const answer = await refresh(row, tokens);
    const next: HeldTokens = {
      ...tokens,
      accessToken: answer.accessToken,
      expiresAt: answer.expiresAt,
      renewAt: renewalOf(answer.expiresAt, deps.now()),
      // A server that does not rotate them goes on with the old one.
      ...(answer.refreshToken === undefined ? {} : { refreshToken: answer.refreshToken }),
      ...(answer.scope === undefined ? {} : { scope: answer.scope }),
    };
    const written = await write(row, next, deps);
    return written ? { kind: 'held', row: written, tokens: next } : { kind: 'ended', why: 'disconnected' };
  } catch (error) {
    if (error instanceof TokenRefusal && ENDS.has(error.error)) return { kind: 'ended', why: `the authorization server refused to refresh it: ${error.error}` };
    await release(row, deps);
    throw error;
  }
}

/** The grant is gone. Anything else may be mended without the person. */
const ENDS: ReadonlySet<string> = new Set(['invalid_grant']);

/** Undefined where it was disconnected meanwhile: then nobody has the new tokens. */
async function write(row: ConnectionRow, tokens: HeldTokens, { storage, keys, owner, now }: RenewalDeps): Promise<ConnectionRow | undefined> {
  const next = { ...(await sealTokens(keys, placeOf(row), tokens)), version: row.version + 1, lease_owner: null, lease_until: 0, changed_at: now() };
  const { numUpdatedRows } = await storage.db
    .updateTable('connections')
    .set(next)
    .where('id', '=', row.id)
    .where('status', '=', 'connected')
    .where('version', '=', row.version)
    .where('lease_owner', '=', owner)
    .executeTakeFirst();
  return numUpdatedRows === 1n ? { ...row, ...next } : undefined;
}

async function release({ id, version }: ConnectionRow, { storage, owner }: RenewalDeps): Promise<void> {
  await storage.db
    .updateTable('connections')
    .set({ lease_owner: null, lease_until: 0 })
    .where('id', '=', id)
    .where('version', '=', version)
    .where('lease_owner', '=', owner)
    .execute();
}
