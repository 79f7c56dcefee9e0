import { createHash } from 'node:crypto';
import { errors, type Adapter, type AdapterPayload } from 'oidc-provider';
import type { Storage } from '../../storage/storage.ts';

/**
 * Where the OAuth server keeps things, on both databases. The id of a code or a token is its secret, so rows are found by its
 * hash and hold the id nowhere; whoever reads the database can redeem nothing.
 */
export interface Records {
  /** What `oidc-provider` calls for one of its models. */
  adapter(model: string): Adapter;
  /** A client that registered itself was let in by somebody: it is kept from now on for as long as it is used. */
  clientUsed(clientId: string): Promise<void>;
  /** Ends a grant: its codes and refresh tokens are gone, and what was issued through it is told to `onGrantEnded`. */
  endGrant(grantId: string): Promise<void>;
}

export interface RecordsOptions {
  readonly storage: Storage;
  readonly now: () => number;
  /** Called for every grant that ends, before whoever ended it is answered. */
  readonly onGrantEnded: (grantId: string) => Promise<void>;
  /** Clients that are configured, by id: they are asked before those that registered themselves. */
  readonly configured: (clientId: string) => Promise<AdapterPayload | undefined> | AdapterPayload | undefined;
  /** What a registration may be kept for until its first use, and after each. */
  readonly registrations?: Partial<Registrations>;
}

interface Registrations {
  readonly most: number;
  readonly unusedMs: number;
  readonly usedMs: number;
}

const DAY_MS = 24 * 60 * 60_000;
const REGISTRATIONS: Registrations = { most: 10_000, unusedMs: DAY_MS, usedMs: 90 * DAY_MS };
const PURGE_MS = 60_000;
/** An id of which only the hash is known: of a record that was found by something else. No token begins like it. */
const KNOWN = 'hash:';

export function openRecords(options: RecordsOptions): Records {
  const { storage, now, onGrantEnded } = options;
  const { db } = storage;
  const limits = { ...REGISTRATIONS, ...options.registrations };
  let purgedAt = 0;

  async function purge(): Promise<void> {
    if (now() - purgedAt < PURGE_MS) return;
    purgedAt = now();
    await db
      .deleteFrom('oauth_records')
      .where('expires_at', '<=', now() - KEPT_MS)
      .execute();
  }

  async function endGrant(grantId: string): Promise<void> {
    await db.deleteFrom('oauth_records').where('grant_id', '=', grantId).execute();
    await db.deleteFrom('oauth_records').where('model', '=', 'Grant').where('id_hash', '=', hashOf(grantId)).execute();
    await onGrantEnded(grantId);
  }

  /** Beyond the limit the oldest that nobody ever used goes: strangers can crowd out strangers, and nobody else. */
  async function makeRoom(): Promise<void> {
    const { count } = await db
      .selectFrom('oauth_records')
      .select((make) => make.fn.countAll<number | string>().as('count'))
      .where('model', '=', 'Client')
      .executeTakeFirstOrThrow();
    if (Number(count) < limits.most) return;
    const oldest = db
      .selectFrom('oauth_records')
      .select('id_hash')
      .where('model', '=', 'Client')
      .where('consumed_at', 'is', null)
      .orderBy('created_at')
      .limit(1);
    const { numDeletedRows } = await db.deleteFrom('oauth_records').where('model', '=', 'Client').where('id_hash', 'in', oldest).executeTakeFirst();
    if (numDeletedRows === 0n) throw new errors.TemporarilyUnavailable('too many clients are registered');
  }

  function adapter(model: string): Adapter {
    const isClient = model === 'Client';
    const rows = () =>
      db
        .selectFrom('oauth_records')
        .selectAll()
        .where('model', '=', model)
        .where('expires_at', '>', isClient ? now() : now() - KEPT_MS);

    async function upsert(id: string, payload: AdapterPayload, expiresIn: number | undefined): Promise<void> {
      await purge();
      if (isClient) await makeRoom();
      const hash = storedHash(id);
      const expiresAt = expiresIn === undefined ? now() + limits.unusedMs : now() + expiresIn * 1000;
      const text = JSON.stringify(withoutSecrets(model, payload));
      const grant = payload.grantId ?? null;
      const insert = db.insertInto('oauth_records').values({
        model,
        id_hash: hash,
        payload: text,
        grant_id: grant,
        user_code_hash: payload.userCode === undefined ? null : hashOf(payload.userCode),
        consumed_at: null,
        created_at: now(),
        expires_at: expiresAt,
      });
      // What was seen once is refused for good, also where two come at the same moment.
      if (model === 'ReplayDetection') return void (await insert.execute());
      const kept = { payload: text, grant_id: grant, expires_at: expiresAt };
      await insert.onConflict((conflict) => conflict.columns(['model', 'id_hash']).doUpdateSet(kept)).execute();
    }

    async function find(id: string): Promise<AdapterPayload | undefined> {
      const row = await rows().where('id_hash', '=', hashOf(id)).executeTakeFirst();
      if (!row) return undefined;
      return isClient ? payloadOf(row) : { ...payloadOf(row), ...consumedAt(row), jti: id };
    }

    return {
      upsert,
      find: async (id) => (isClient ? await options.configured(id) : undefined) ?? find(id),
      async findByUserCode(userCode) {
        const row = await rows().where('user_code_hash', '=', hashOf(userCode)).executeTakeFirst();
        return row && { ...payloadOf(row), ...consumedAt(row), userCode, jti: `${KNOWN}${row.id_hash}` };
      },
      findByUid: () => Promise.resolve(undefined),
      async consume(id) {
        const { numUpdatedRows } = await db
          .updateTable('oauth_records')
          .set({ consumed_at: now() })
          .where('model', '=', model)
          .where('id_hash', '=', storedHash(id))
          .where('consumed_at', 'is', null)
          .executeTakeFirst();
        if (numUpdatedRows === 1n) return;
        // Two redeemed it at once, and only one of them may be its owner.
        const row = await rows().where('id_hash', '=', storedHash(id)).executeTakeFirst();
        if (row?.grant_id) await endGrant(row.grant_id);
        throw new errors.InvalidGrant('it was used already');
      },
      async destroy(id) {
        await db.deleteFrom('oauth_records').where('model', '=', model).where('id_hash', '=', storedHash(id)).execute();
      },
      // The provider asks every model in turn; the first of them ends the grant for all.
      revokeByGrantId: (grantId) => (model === 'AccessToken' ? endGrant(grantId) : Promise.resolve()),
    };
  }

  async function clientUsed(clientId: string): Promise<void> {
    await db
      .updateTable('oauth_records')
      .set({ consumed_at: now(), expires_at: now() + limits.usedMs })
      .where('model', '=', 'Client')
      .where('id_hash', '=', hashOf(clientId))
      .execute();
  }

  // Nobody stays signed in at the OAuth server: who is signed in is told by the gateway's own sign-ins, each time anew.
  return { adapter: (model) => (model === 'Session' ? NO_SESSIONS : adapter(model)), clientUsed, endGrant };
}

/** Rows are looked at a little longer than they count, so that "expired" can be told from "unknown". */
const KEPT_MS = 10 * 60_000;

const NO_SESSIONS: Adapter = {
  upsert: () => Promise.resolve(),
  find: () => Promise.resolve(undefined),
  findByUserCode: () => Promise.resolve(undefined),
  findByUid: () => Promise.resolve(undefined),
  consume: () => Promise.resolve(),
  destroy: () => Promise.resolve(),
  revokeByGrantId: () => Promise.resolve(),
};

const hashOf = (id: string): string => createHash('sha256').update(id).digest('hex');
const storedHash = (id: string): string => (id.startsWith(KNOWN) ? id.slice(KNOWN.length) : hashOf(id));

/** The hash of a client's secret as it is stored; `compareSecret` of the clients reads it. */
export const secretHash = (secret: string): string => `sha256:${hashOf(secret)}`;

function withoutSecrets(model: string, payload: AdapterPayload): AdapterPayload {
  const { jti: _jti, userCode: _userCode, ...rest } = payload;
  const { client_secret: secret } = rest;
  return model === 'Client' && typeof secret === 'string' ? { ...rest, client_secret: secretHash(secret) } : rest;
}

/** Our own rows: what was written above is what is read. */
const payloadOf = (row: { readonly payload: string }): AdapterPayload => JSON.parse(row.payload) as AdapterPayload;

const consumedAt = (row: { readonly consumed_at: number | null }): AdapterPayload =>
  row.consumed_at === null ? {} : { consumed: Math.floor(row.consumed_at / 1000) };
