import { SallyportError } from '../core/error.ts';
import type { Recorder } from '../core/recorder.ts';
import type { ReadSecretSource } from '../credential/secret-reader.ts';
import type { Directory } from '../identity/directory.ts';
import type { ScimAccess } from '../identity/scim/tokens.ts';
import { createScim, type Scim } from '../identity/scim/scim.ts';
import type { Storage } from '../storage/storage.ts';
import { issuerOf, type ProviderConfig } from './sign-in-providers.ts';

export interface Provisioning {
  /** Absent where no provider keeps people here. */
  readonly scim?: Scim;
  /** The directory, for doors: closed to people of a provider with provisioning whom that has not sent. */
  readonly arrivals: Pick<Directory, 'signedIn'>;
}

interface ProvisioningParts {
  readonly storage: Storage;
  readonly recorder: Recorder;
  readonly directory: Directory;
  readonly readSecret: ReadSecretSource;
}

/** Throws `config_invalid` or `credential_missing` where a token cannot be used. */
export async function openProvisioning(
  providers: readonly ProviderConfig[],
  { storage, recorder, directory, readSecret }: ProvisioningParts,
): Promise<Provisioning> {
  const accesses = providers.flatMap((one) => accessOf(one, readSecret));
  if (accesses.length === 0) return { arrivals: directory };
  const scim = createScim({ storage, directory, recorder, accesses });
  // What cannot work is said at the start, and not by the first change that is lost.
  for (const { secret } of accesses) await scim.tokens.find((await secret()).reveal());
  const closed = new Set(providers.filter((one) => one.scim?.unknown === 'refuse').map(issuerOf));
  return {
    scim,
    arrivals: {
      async signedIn(subject) {
        if (closed.has(subject.issuer) && !(await scim.users.knows(subject.issuer, subject.id)))
          throw new SallyportError('forbidden', 'your provider has not announced you here yet', { hint: 'ask whoever assigns people to this application' });
        return directory.signedIn(subject);
      },
    },
  };
}

function accessOf(provider: ProviderConfig, readSecret: ReadSecretSource): readonly ScimAccess[] {
  const { name, scim } = provider;
  if (!scim) return [];
  const { groups, groupPrefix, id, token } = scim;
  return [{ client: { name, issuer: issuerOf(provider), subject: id, group: groups, prefix: groupPrefix }, secret: () => readSecret(token) }];
}
