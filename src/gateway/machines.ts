import { SallyportError } from '../core/error.ts';
import type { JsonObject } from '../core/json.ts';
import type { Subject } from '../core/subject.ts';
import { readSecretSource } from '../credential/credential.ts';
import { fetchJson } from '../identity/fetch-json.ts';
import { claimAt } from '../identity/oidc/claim-path.ts';
import { readProfile } from '../identity/oidc/read-profile.ts';
import { resourceTarget } from '../identity/oauth/resources.ts';
import type { TokenGrant } from '../identity/oauth/grants.ts';
import { personOf } from '../identity/profile.ts';
import { openConfiguredClients, type ConfiguredClients } from '../identity/workloads/configured-clients.ts';
import { createDelegation } from '../identity/workloads/delegation.ts';
import { grantRefusal, type GrantRefusal } from '../identity/workloads/grant-refusal.ts';
import { createIdJag, type AssertionIssuer } from '../identity/workloads/id-jag.ts';
import { machineGrants } from '../identity/workloads/machine-grants.ts';
import { createFirstUse } from '../identity/workloads/replay.ts';
import { createWorkloadTokens } from '../identity/workloads/workload-tokens.ts';
import type { Storage } from '../storage/storage.ts';
import type { Identity } from './identity.ts';
import type { MachineConfig } from './machine-config.ts';
import type { ProviderConfig } from './sign-in-providers.ts';

export interface MachineParts {
  readonly url: string;
  readonly machines: MachineConfig;
  readonly issuers: readonly { readonly issuer: string }[];
  readonly providers: readonly ProviderConfig[];
  readonly storage: Storage;
  readonly identity: Pick<Identity, 'authenticator' | 'directory' | 'doors' | 'locks'>;
  readonly now?: () => number;
}

export interface Machines {
  readonly clients: ConfiguredClients;
  readonly grants: readonly TokenGrant[];
}

/** What machines bring, for the OAuth server to take. */
export function openMachines({ url, machines, issuers, providers, storage, identity, now = Date.now }: MachineParts): Machines {
  const firstUse = createFirstUse(storage, now);
  const clients = openConfiguredClients(machines.clients.map(clientOf), url, fetchJson, now);
  const targetOf = (resource: string): string | undefined => resourceTarget(resource, url);
  const shared = { firstUse, fetchJson, now };
  const accepted = new Set([url, ...issuers.map(({ issuer }) => issuer)]);
  return {
    clients,
    grants: machineGrants({
      proveWorkload: createWorkloadTokens({ ...shared, rules: machines.workloads }),
      delegate: createDelegation({ authenticator: identity.authenticator, actors: machines.actors }),
      acceptAssertion: createIdJag({ ...shared, url, targetOf, issuers: providers.flatMap((one) => assertionIssuer(one, identity)) }),
      clientSubject: (clientId) => clients.subject(clientId),
      isAccessTokenIssuer: (issuer) => accepted.has(issuer) && !machines.workloads.some((one) => one.issuer === issuer),
      targetOf,
      isLocked: async (subject) => (await identity.locks.findNow({ subject })) !== undefined,
      now,
    }),
  };
}

function clientOf({ secret, ...rest }: MachineConfig['clients'][number]) {
  const { keys, ...client } = rest;
  return { ...client, ...(keys ? { keys } : {}), ...(secret ? { secret: () => readSecretSource(secret) } : {}) };
}

function assertionIssuer({ oidc, domains }: ProviderConfig, { directory, doors }: MachineParts['identity']): readonly AssertionIssuer[] {
  if (!oidc || oidc.assertions === 'refuse') return [];
  const { clientSecret: _secret, groups, ...settings } = oidc;
  const { graph: _graph, ...rest } = groups;
  return [{ issuer: oidc.issuer, person: (claims) => personIn(claims) }];

  /** Who is known is who the directory says; who is not comes in as by the provider's door. */
  async function personIn(claims: JsonObject): Promise<Subject | GrantRefusal> {
    const id = claimAt(claims, settings.claims.id);
    try {
      const known = typeof id === 'string' ? await directory.find({ issuer: settings.issuer, kind: 'person', id }) : undefined;
      return known ?? (await doors.directory.signedIn(personOf(readProfile({ token: claims }, { ...settings, domains, groups: rest }))));
    } catch (error) {
      if (error instanceof SallyportError && (error.code === 'unauthenticated' || error.code === 'forbidden'))
        return grantRefusal(`whom the assertion names may not come in: ${error.message}`);
      throw error;
    }
  }
}
