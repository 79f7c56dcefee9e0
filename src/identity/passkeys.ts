import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
} from '@simplewebauthn/server';
import { SallyportError } from '../core/error.ts';
import { seal, unseal } from '../core/seal.ts';
import type { PasskeyRow } from '../storage/schema.ts';
import type { Spend } from '../storage/spend.ts';
import type { Storage } from '../storage/storage.ts';

/** What a browser is asked, and what it brings back with the answer: sealed, good once and for two minutes. */
export interface Ceremony<Options> {
  readonly ceremony: string;
  readonly options: Options;
}

export interface Passkey {
  readonly id: string;
  readonly label: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly usedAt: number | undefined;
}

/** Second factors of local accounts, by WebAuthn. An account that has one does not sign in without it. */
export interface Passkeys {
  /** Whether this gateway has an address that browsers take for WebAuthn: a name, not a number. */
  readonly available: boolean;
  has(account: string): Promise<boolean>;
  list(account: string): Promise<readonly Passkey[]>;
  beginAdding(account: string): Promise<Ceremony<PublicKeyCredentialCreationOptionsJSON>>;
  /** Throws `unauthenticated` for an answer that does not hold. `record`: what cannot be recorded does not happen. */
  add(account: string, answer: AddAnswer, record: () => Promise<void>): Promise<void>;
  /** To be called once the password was right: the ceremony is what says so later. */
  beginUse(account: string): Promise<Ceremony<PublicKeyCredentialRequestOptionsJSON>>;
  /** The account that began it. Throws `unauthenticated` for an answer that does not hold. */
  use(answer: { readonly ceremony: string; readonly response: AuthenticationResponseJSON }): Promise<string>;
  /** False where the account has no such one. */
  remove(account: string, id: string, record: () => Promise<void>): Promise<boolean>;
}

export interface AddAnswer {
  readonly ceremony: string;
  readonly response: RegistrationResponseJSON;
  readonly label: string;
}

export interface PasskeysOptions {
  readonly storage: Storage;
  /** URL of the gateway: its origin and its host are what a passkey is bound to. */
  readonly url: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
  readonly spend: Spend;
  readonly now?: () => number;
}

type Purpose = 'add' | 'use';

const CEREMONY_MS = 2 * 60_000;
const MAX_PASSKEYS = 10;
/** EdDSA, ES256, RS256 (RFC 9053, RFC 8812). */
const ALGORITHMS = [-8, -7, -257];

export function openPasskeys({ storage: { db }, url, key, spend, now = Date.now }: PasskeysOptions): Passkeys {
  const { hostname: rpID, origin } = new URL(url);
  const rowsOf = (account: string): Promise<readonly PasskeyRow[]> =>
    db.selectFrom('passkeys').selectAll().where('account', '=', account).orderBy('created_at').execute();

  function begin<Options extends { readonly challenge: string }>(purpose: Purpose, account: string, options: Options): Ceremony<Options> {
    const begun = JSON.stringify([account, options.challenge, now() + CEREMONY_MS]);
    return { ceremony: seal(begun, bound(purpose), key), options };
  }

  /** Whose it is and what was asked; each is answered once. */
  async function end(purpose: Purpose, ceremony: string): Promise<{ readonly account: string; readonly challenge: string }> {
    const text = ceremony.length > 4096 ? undefined : unseal(ceremony, bound(purpose), key);
    if (text === undefined) throw refused();
    // Only `begin` seals.
    const [account, challenge, endsAt] = JSON.parse(text) as [string, string, number];
    if (now() >= endsAt || !(await spend(`passkey ${challenge}`))) throw refused();
    return { account, challenge };
  }

  const bound = (purpose: Purpose): readonly unknown[] => ['passkey', purpose, url];

  return {
    available: /[a-z]/i.test(rpID) && !rpID.startsWith('['),
    has: async (account) => (await rowsOf(account)).length > 0,
    list: async (account) =>
      (await rowsOf(account)).map(({ id, label, created_at, used_at }) => ({ id, label, createdAt: created_at, usedAt: used_at ?? undefined })),

    async beginAdding(account) {
      const known = await rowsOf(account);
      if (known.length >= MAX_PASSKEYS) throw new SallyportError('conflict', `an account has at most ${MAX_PASSKEYS} passkeys`, { hint: 'remove one first' });
      const options = await generateRegistrationOptions({
        rpName: 'Sallyport',
        rpID,
        userName: account,
        userDisplayName: account,
        attestationType: 'none',
        excludeCredentials: known.map(credentialOf),
        authenticatorSelection: { residentKey: 'discouraged', userVerification: 'preferred' },
        supportedAlgorithmIDs: ALGORITHMS,
        timeout: CEREMONY_MS,
      });
      return begin('add', account, options);
    },

    async add(account, { ceremony, response, label }, record) {
      const begun = await end('add', ceremony);
      if (begun.account !== account) throw refused();
      const { registrationInfo } = await verifyRegistrationResponse({
        response,
        expectedChallenge: begun.challenge,
        expectedOrigin: origin,
        expectedRPID: rpID,
        requireUserVerification: false,
        supportedAlgorithmIDs: ALGORITHMS,
      }).catch(refuse);
      if (!registrationInfo) throw refused();
      const { id, publicKey, counter, transports = [] } = registrationInfo.credential;
      const row = { id, account, public_key: Buffer.from(publicKey).toString('base64url'), counter, transports: JSON.stringify(transports), label };
      await db.transaction().execute(async (transaction) => {
        await transaction
          .insertInto('passkeys')
          .values({ ...row, created_at: now(), used_at: null })
          .execute();
        await record();
      });
    },

    async beginUse(account) {
      const allowCredentials = (await rowsOf(account)).map(credentialOf);
      return begin('use', account, await generateAuthenticationOptions({ rpID, allowCredentials, userVerification: 'preferred', timeout: CEREMONY_MS }));
    },

    async use({ ceremony, response }) {
      const { account, challenge } = await end('use', ceremony);
      // One of another account is none.
      const row = (await rowsOf(account)).find(({ id }) => id === response.id);
      if (!row) throw refused();
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        response,
        expectedChallenge: challenge,
        expectedOrigin: origin,
        expectedRPID: rpID,
        requireUserVerification: false,
        credential: { id: row.id, publicKey: new Uint8Array(Buffer.from(row.public_key, 'base64url')), counter: row.counter },
      }).catch(refuse);
      if (!verified) throw refused();
      await db.updateTable('passkeys').set({ counter: authenticationInfo.newCounter, used_at: now() }).where('id', '=', row.id).execute();
      return account;
    },

    remove: (account, id, record) =>
      db.transaction().execute(async (transaction) => {
        const { numDeletedRows } = await transaction.deleteFrom('passkeys').where('account', '=', account).where('id', '=', id).executeTakeFirst();
        if (numDeletedRows > 0n) await record();
        return numDeletedRows > 0n;
      }),
  };
}

/** The library's messages quote what was sent; nobody needs them. */
function refuse(): never {
  throw refused();
}

const refused = (): SallyportError =>
  new SallyportError('unauthenticated', 'the passkey did not sign you in', { hint: 'start again, with the password first' });

function credentialOf({ id, transports }: PasskeyRow): { readonly id: string; readonly transports: string[] } {
  // Only `add` wrote them.
  return { id, transports: JSON.parse(transports) as string[] };
}
