import { createHmac } from 'node:crypto';
import { canonicalJson } from '../core/canonical.ts';
import type { ApprovalAsk } from '../core/approval.ts';
import type { JsonValue } from '../core/json.ts';
import { principalOf, subjectKey } from '../core/subject.ts';

/**
 * Names exactly one thing that would run: whoever asks, through which client, what, where and under which policy. A
 * yes to one key is never a yes to another. Keyed, so that the database alone does not let anyone guess arguments.
 */
export function approvalKey({ session, command, decision }: ApprovalAsk, key: Uint8Array): string {
  const { subject, client, target } = session;
  const named: JsonValue = {
    subject: subjectKey(subject),
    person: subjectKey(principalOf(subject)),
    client: client.id,
    target: target.name,
    protocol: target.protocol,
    address: target.address ?? null,
    program: target.command ?? null,
    // Where the secret comes from, never the secret: another credential is another right.
    credential: target.credential ?? null,
    digest: command.digest,
    definition: command.definition,
    policy: decision.policyVersion,
  };
  return createHmac('sha256', key).update(canonicalJson(named)).digest('hex');
}
