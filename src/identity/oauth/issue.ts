import { errors, type AccessToken, type ClientCredentials, type KoaContextWithOIDC } from 'oidc-provider';
import { eventSubject, makeEvent } from '../../core/event.ts';
import type { Recorder } from '../../core/recorder.ts';
import type { Client } from '../../core/session.ts';
import type { Subject } from '../../core/subject.ts';
import { ownClaims } from '../claims.ts';
import type { SubjectName } from '../directory-subject.ts';
import { throughClaim } from '../mint.ts';
import { resourceTarget } from './resources.ts';
import { readSubjectId } from './subject-id.ts';

/** What issuing needs to know of the rest of the gateway. */
export interface IssueOptions {
  /** URL of the gateway: the issuer. */
  readonly url: string;
  readonly recorder: Recorder;
  /** The subject as it is now; undefined once it is gone, locked, or was ended after `since` (epoch milliseconds), even if it is back. */
  readonly currentSubject: (name: SubjectName, since?: number) => Promise<Subject | undefined>;
  /** Whether some rule lets the subject do anything on the target. */
  readonly mayReach: (subject: Subject, target: string) => boolean;
}

/** Said of a target that does not exist and of one that is out of reach. */
export const NO_TARGET = 'no such target, or you may not reach it';

/** Nothing is issued that was not recorded, for a subject that is gone, or for a target that is out of its reach. */
export async function recordIssue(options: IssueOptions, subject: Subject, target: string, client: Client, note: string): Promise<void> {
  if (!options.mayReach(subject, target)) throw new errors.InvalidTarget(NO_TARGET);
  await options.recorder.append(makeEvent('token.issued', { subject: eventSubject(subject), target, client, note }));
}

/** Fills the access token that the provider is about to sign with what the authenticator reads; called right before. */
export async function fillToken(
  options: IssueOptions,
  ctx: KoaContextWithOIDC,
  token: AccessToken | ClientCredentials,
  payload: Record<string, unknown>,
): Promise<void> {
  const name = 'accountId' in token ? readSubjectId(token.accountId) : undefined;
  const subject = name && (await options.currentSubject(name, grantedBy(ctx)));
  if (!subject) throw new errors.InvalidGrant('whom it was granted to is no longer here');
  const target = typeof token.aud === 'string' ? resourceTarget(token.aud, options.url) : undefined;
  if (target === undefined) throw new errors.InvalidTarget(NO_TARGET);
  const grant = 'grantId' in token ? token.grantId : undefined;
  Object.assign(payload, ownClaims(subject), throughClaim(grant === undefined ? [] : [grant]));
  await recordIssue(options, subject, target, clientLine(ctx, token.clientId ?? ''), `token ${token.jti}${grant === undefined ? '' : `, grant ${grant}`}`);
}

/** The end of the second in which what the token is of was granted: times of grants are whole seconds. */
function grantedBy({ oidc }: KoaContextWithOIDC): number {
  return ((oidc.entities.Grant?.iat ?? 0) + 1) * 1000 - 1;
}

/** Who is on the line, as events name it. The address is the one that the server was told. */
export function clientLine(ctx: KoaContextWithOIDC, id: string): Client {
  const userAgent = (ctx.get('user-agent') || '').replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
  return { address: ctx.ip, userAgent, id: id.slice(0, 320) };
}
