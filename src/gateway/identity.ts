import { join } from 'node:path';
import type { Doors } from '../api/deps.ts';
import type { LockWatch } from '../core/lock.ts';
import type { Recorder } from '../core/recorder.ts';
import type { Subject } from '../core/subject.ts';
import type { ReadSecretSource } from '../credential/secret-reader.ts';
import { openAccounts, type Accounts } from '../identity/accounts.ts';
import { createAuthenticator, type Authenticator, type AuthenticatorOptions } from '../identity/authenticate.ts';
import { openDirectory, type Directory } from '../identity/directory.ts';
import { openPasskeys, type Passkeys } from '../identity/passkeys.ts';
import { openRevocations, type Revocations } from '../identity/revocations.ts';
import { openSignIns, type SignIns } from '../identity/sign-ins.ts';
import type { Scim } from '../identity/scim/scim.ts';
import { openSigningKeys, type SigningKeys } from '../identity/signing-keys.ts';
import { standingOf, type Ends } from '../identity/standing.ts';
import type { IssuerConfig } from '../identity/token-source.ts';
import { openLocks, type Locks } from '../lock/locks.ts';
import { createSpend } from '../storage/spend.ts';
import type { Storage } from '../storage/storage.ts';
import type { LocalAccounts } from './config.ts';
import { installationKey } from './installation-keys.ts';
import { openProvisioning } from './provisioning.ts';
import { createSessionWatch } from './session-watch.ts';
import type { Shutdown } from './shutdown.ts';
import { openProviders, type ProviderConfig } from './sign-in-providers.ts';

/** Who may ask, and everything that ends it. */
export interface Identity {
  readonly accounts: Accounts;
  readonly directory: Directory;
  readonly revocations: Revocations;
  readonly signIns: SignIns;
  readonly locks: Locks;
  readonly signing: SigningKeys;
  readonly authenticator: Authenticator;
  /** Whatever ends live sessions: locks, sign-ins and grants that ended, who was deactivated or lost a group. */
  readonly watch: LockWatch;
  readonly doors: Doors;
  readonly passkeys: Passkeys;
  /** Absent where no provider keeps its people here. */
  readonly scim?: Scim;
  /** Whether local accounts sign in at all. */
  readonly localSignIn: boolean;
  /** Who a name is, for links in notices: an account, else the one person of the directory. */
  named(name: string): Promise<Subject | undefined>;
}

export interface IdentityOptions {
  readonly url: string;
  readonly issuers: readonly IssuerConfig[];
  readonly providers: readonly ProviderConfig[];
  readonly local: LocalAccounts;
  readonly keysFolder: string;
  readonly readSecret: ReadSecretSource;
  readonly storage: Storage;
  readonly recorder: Recorder;
  readonly shutdown: Shutdown;
  readonly report: (part: string, error: unknown) => void;
}

export async function openIdentity({
  url,
  issuers,
  providers,
  local,
  keysFolder,
  readSecret,
  storage,
  recorder,
  shutdown,
  report: reportOf,
}: IdentityOptions): Promise<Identity> {
  const report = (part: string) => (error: unknown) => reportOf(part, error);
  const admits = (name: string): boolean => local === 'on' || (local !== 'off' && local.includes(name));
  const [key, spend] = [await installationKey(keysFolder, 'sign-in'), createSpend(storage, Date.now)];
  const passkeys = openPasskeys({ storage, url, key, spend });
  const accounts = openAccounts(storage, { recorder, admits, hasSecondFactor: passkeys.has });
  const directory = shutdown.owns(await openDirectory({ storage, recorder, report: report('directory') }));
  const revocations = shutdown.owns(await openRevocations({ storage, report: report('revocations') }));
  const locks = shutdown.owns(await openLocks({ storage, recorder, report: report('locks') }));
  const signing = await openSigningKeys(join(keysFolder, 'signing'));
  const standing = createTokenStanding({ directory, revocations, locks });
  const { scim, arrivals } = await openProvisioning(providers, { storage, recorder, directory, readSecret });
  return {
    accounts,
    directory,
    revocations,
    signIns: openSignIns({ storage, directory, revocations, admits }),
    locks,
    signing,
    authenticator: createAuthenticator({ issuers, own: signing, url, standing }),
    watch: createSessionWatch({ directory, revocations, locks }),
    doors: {
      directory: arrivals,
      providers: await openProviders(providers, { storage, readSecret, report: report('sign-in') }),
      key,
      spend,
    },
    passkeys,
    ...(scim ? { scim } : {}),
    localSignIn: local !== 'off',
    async named(name) {
      const account = await accounts.find(name);
      if (account) return account;
      const persons = await directory.named(name);
      return persons.length === 1 ? persons[0] : undefined;
    },
  };
}

/** What holds at every use of a token. */
function createTokenStanding({ locks, ...ends }: Ends & Pick<Identity, 'locks'>): NonNullable<AuthenticatorOptions['standing']> {
  return ({ subject, issued }) => {
    if (locks.find({ subject })) return 'ended';
    const today = standingOf(ends, subject, issued);
    return today === 'signed-out' || today === 'gone' ? 'ended' : today;
  };
}
