import type { SignedIdentitySpec } from '../core/credential-spec.ts';
import { Secret } from '../core/secret.ts';
import { subjectOf, type CredentialKind, type ResolvedCredential } from './credential.ts';
import { identityClaims, type SignIdentity } from './identity-claims.ts';
import { KeptBySubject } from './kept-by-subject.ts';

interface Kept {
  assertion: Promise<ResolvedCredential>;
  madeAt: number;
}

/** Who asks, signed, in a header. An assertion is used for the first half of its life, so that one that arrives is never over. */
export function createSignedIdentity({ sign, now }: { readonly sign: SignIdentity; readonly now: () => number }): CredentialKind<SignedIdentitySpec> {
  const kept = new KeptBySubject<SignedIdentitySpec, Kept>();
  return async (spec, use) => {
    const { target, address = '' } = use;
    const { header, audience = address, lifetimeMs } = spec;
    const subject = subjectOf(use);
    const make = async (): Promise<ResolvedCredential> => {
      const signed = await sign(identityClaims(subject, target), { audience, lifetimeMs });
      return { kind: 'headers', headers: [[header, new Secret(header === 'authorization' ? `Bearer ${signed}` : signed)]], warnings: [] };
    };
    const known = kept.of(spec, { subject, target }, () => ({ assertion: make(), madeAt: now() }));
    if (now() - known.madeAt >= lifetimeMs / 2) Object.assign(known, { assertion: make(), madeAt: now() });
    // One that could not be made is not kept.
    known.assertion.catch(() => (known.madeAt = Number.NEGATIVE_INFINITY));
    return known.assertion;
  };
}
