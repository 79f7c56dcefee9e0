import type { Command, Traits } from '../core/command.ts';
import type { JsonValue } from '../core/json.ts';
import type { Subject, SubjectKind } from '../core/subject.ts';

/** A command as the protocol of its target would read it off the wire: only the protocol knows how a name may be named. */
export interface SupposedCommand {
  readonly protocol: string;
  readonly name: string;
  readonly args: JsonValue;
  /** What is known of the tool that it calls. */
  readonly traits?: Traits;
}
export type Suppose = (supposed: SupposedCommand) => Command;

/** `person:alice`, `workload:ci`, `ai-agent:helper`; without a kind, a person. */
export const SUBJECT_PATTERN = /^(?:(person|workload|ai-agent):)?([^:\s][^:]*)$/;

/** Nobody in particular: rules know a subject by kind, name and groups. Undefined for a text that names none. */
export function supposedSubject(text: string, groups: readonly string[], actsFor?: Subject): Subject | undefined {
  const match = SUBJECT_PATTERN.exec(text);
  if (!match) return undefined;
  const [, kind = 'person', name = ''] = match;
  // The pattern lets only the three kinds through.
  return { kind: kind as SubjectKind, id: name, name, groups, issuer: 'supposed', ...(actsFor ? { onBehalfOf: actsFor } : {}) };
}
