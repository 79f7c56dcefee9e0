import type { CredentialSpec } from '../core/credential-spec.ts';
import { DEFAULT_LIMITS, type Target, type TargetLimits } from '../core/target.ts';
import { readDuration } from './duration.ts';
import { quotaOf } from './quota.ts';
import { readRetention } from './retention.ts';
import type { TargetDocument } from './schema.ts';

/** Core's target from a checked document, defaults filled in. */
export function toTarget(document: TargetDocument): Target {
  const { kind: _kind, address, command, credential, tls, sessionRoles, record, limits, retention, ...asWritten } = document;
  const retentionMs = retention === undefined ? undefined : readRetention(retention);
  const { rate, perDay, concurrent, ...sizes } = limits;
  const quota = quotaOf('target', 'target', { rate, perDay, concurrent });
  return Object.freeze({
    ...asWritten,
    ...(address === undefined ? {} : { address }),
    ...(command === undefined ? {} : { command }),
    ...(tls === undefined ? {} : { tls: { mode: tls.mode, ...(tls.ca === undefined ? {} : { ca: tls.ca }) } }),
    ...(sessionRoles === undefined ? {} : { sessionRoles }),
    ...(record === undefined ? {} : { record }),
    ...(credential === undefined ? {} : { credential: toCredential(credential) }),
    // The schema knows which sizes there are.
    limits: { ...DEFAULT_LIMITS, ...(withoutAbsent(sizes) as Partial<TargetLimits>) },
    ...(quota === undefined ? {} : { quota }),
    ...(retentionMs === undefined ? {} : { retentionMs }),
  });
}

function toCredential(credential: NonNullable<TargetDocument['credential']>): CredentialSpec {
  const { signedIdentity: signed, ...others } = credential;
  // The schema lets exactly one member through, which is what the union says.
  if (!signed) return withoutAbsent(others) as unknown as CredentialSpec;
  const { header, audience, lifetime } = signed;
  // The schema knows how lifetimes are written.
  return { signedIdentity: { header: header.toLowerCase(), lifetimeMs: readDuration(lifetime) ?? 0, ...(audience === undefined ? {} : { audience }) } };
}

function withoutAbsent(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
