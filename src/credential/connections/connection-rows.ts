import type { Storage } from '../../storage/storage.ts';
import type { ConnectionRow } from '../../storage/schema.ts';
import { seal, unseal, type SealingKeys } from '../sealing/seal.ts';

/** Whose account it is, and where. */
export interface ConnectionPlace {
  /** `subjectKey` of the person. */
  readonly personKey: string;
  readonly target: string;
  readonly address: string;
  readonly issuer: string;
}

/** What a row seals. */
export interface HeldTokens {
  readonly accessToken: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** From when on the next ones are asked for. */
  readonly renewAt: number;
  readonly refreshToken?: string;
  readonly scope?: string;
  readonly resource: string;
  /** The client that they were given to. */
  readonly clientId: string;
}

/** A token is renewed half a minute before its end, or a fifth of its life where that is less. */
const AHEAD_MS = 30_000;

export const renewalOf = (expiresAt: number, now: number): number => expiresAt - Math.min(AHEAD_MS, (expiresAt - now) / 5);

/** As people may see it. */
export interface Connection {
  readonly id: string;
  readonly personKey: string;
  readonly person: string;
  readonly target: string;
  readonly issuer: string;
  readonly connectedAt: number;
}

/** Tokens open for this person, target, address and issuer only: a row that is moved, or a target that moved, has none. */
const boundTo = ({ personKey, target, address, issuer }: ConnectionPlace): readonly string[] => [
  'the connected account of',
  personKey,
  target,
  address,
  issuer,
];

export const placeOf = ({ person_key: personKey, target, address, issuer }: ConnectionRow): ConnectionPlace => ({ personKey, target, address, issuer });

export const sealTokens = (keys: SealingKeys, place: ConnectionPlace, tokens: HeldTokens) => seal(keys, JSON.stringify(tokens), boundTo(place));

/** Only `sealTokens` writes what is opened here. Throws `credential_missing`. */
export const openTokens = async (keys: SealingKeys, row: ConnectionRow): Promise<HeldTokens> =>
  JSON.parse(await unseal(keys, row, boundTo(placeOf(row)))) as HeldTokens;

export const toConnection = ({ id, person_key: personKey, person, target, issuer, connected_at: connectedAt }: Omit<ConnectionRow, 'sealed'>): Connection => ({
  id,
  personKey,
  person,
  target,
  issuer,
  connectedAt,
});

/** The row of a person's account at a target, where there is one. */
export function findConnected({ db }: Storage, personKey: string, target: string): Promise<ConnectionRow | undefined> {
  const rows = db.selectFrom('connections').selectAll().where('person_key', '=', personKey).where('target', '=', target);
  return rows.where('status', '=', 'connected').executeTakeFirst();
}

/** Seals every row with the current key. Returns how many. */
export async function resealConnections(storage: Storage, keys: SealingKeys): Promise<number> {
  const { id } = await keys.current();
  const rows = await storage.db.selectFrom('connections').selectAll().where('status', '=', 'connected').where('key_id', '!=', id).execute();
  for (const row of rows) {
    const again = await sealTokens(keys, placeOf(row), await openTokens(keys, row));
    // One that was renewed meanwhile has the new key already.
    await storage.db.updateTable('connections').set(again).where('id', '=', row.id).where('version', '=', row.version).execute();
  }
  return rows.length;
}
