import type { TokenRequestSpec } from '../../core/credential-spec.ts';
import type { Subject } from '../../core/subject.ts';
import { subjectOf, type CredentialKind } from '../credential.ts';
import { identityClaims, type SignIdentity } from '../identity-claims.ts';
import { KeptBySubject } from '../kept-by-subject.ts';
import { requestFor, type TokenDeps } from './client-credentials.ts';
import { KeptToken } from './kept-token.ts';

const ASSERTION_MS = 60_000;
const JWT = 'urn:ietf:params:oauth:token-type:jwt';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/**
 * RFC 8693 at the operator's token endpoint. What is exchanged is an assertion of the gateway about the caller, made for this one
 * request; the caller's own token goes nowhere.
 */
export function createTokenExchange(deps: TokenDeps & { readonly sign: SignIdentity }): CredentialKind<TokenRequestSpec> {
  const kept = new KeptBySubject<TokenRequestSpec, KeptToken>();
  return (spec, use) => {
    const { target } = use;
    const subject = subjectOf(use);
    return kept.of(spec, { subject, target }, () => new KeptToken(() => exchange(spec, subject, target, deps), deps.now)).credential();
  };
}

async function exchange(spec: TokenRequestSpec, subject: Subject, target: string, deps: TokenDeps & { readonly sign: SignIdentity }) {
  const { tokenEndpoint, issuer = tokenEndpoint } = spec;
  const assertion = await deps.sign(identityClaims(subject, target), { audience: issuer, lifetimeMs: ASSERTION_MS });
  const grant = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: assertion,
    subject_token_type: JWT,
    requested_token_type: ACCESS_TOKEN,
  };
  return requestFor(spec, grant, deps);
}
