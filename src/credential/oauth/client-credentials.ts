import type { TokenRequestSpec } from '../../core/credential-spec.ts';
import type { Ask } from '../../network/ask.ts';
import type { CredentialKind } from '../credential.ts';
import type { SecretReader } from '../secret-reader.ts';
import { configuredClient } from './client-auth.ts';
import { KeptToken } from './kept-token.ts';
import { requestToken } from './token-endpoint.ts';

export interface TokenDeps {
  readonly secrets: SecretReader;
  readonly ask: Ask;
  readonly now: () => number;
}

/** Tokens of the gateway's own, one for each target's settings, by the client credentials grant. */
export function createClientCredentials(deps: TokenDeps): CredentialKind<TokenRequestSpec> {
  // A policy that changes brings new settings, and with them new tokens.
  const kept = new WeakMap<TokenRequestSpec, KeptToken>();
  return (spec) => {
    const known = kept.get(spec) ?? new KeptToken(() => request(spec, deps), deps.now);
    kept.set(spec, known);
    return known.credential();
  };
}

function request(spec: TokenRequestSpec, deps: TokenDeps) {
  return requestFor(spec, { grant_type: 'client_credentials' }, deps);
}

/** A grant at the token endpoint that the operator wrote. */
export function requestFor(
  { tokenEndpoint, issuer, client, ...wanted }: TokenRequestSpec,
  grant: Readonly<Record<string, string>>,
  { secrets, ask, now }: TokenDeps,
) {
  const fields = { ...grant, ...wantedFields(wanted) };
  const server = { endpoint: tokenEndpoint, reach: 'configured', ...(issuer === undefined ? {} : { issuer }) } as const;
  return requestToken({ ...server, client: configuredClient(client, secrets, now), fields }, ask, now);
}

function wantedFields({ scopes, resource, audience }: Pick<TokenRequestSpec, 'scopes' | 'resource' | 'audience'>) {
  return { scope: scopes?.join(' '), resource, audience };
}
