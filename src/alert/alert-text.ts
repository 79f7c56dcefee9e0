import type { GroupPart } from './alert-rule.ts';
import type { Raised } from './counts.ts';

/** What people are told of an alert; nothing of it was not in the record, where it is masked. */
export interface AlertText {
  readonly title: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly url: string;
  readonly alert: Readonly<Record<string, unknown>>;
}

const MAX_TITLE = 160;
const MAX_FACT = 1_000;

export interface AlertTextParts {
  /** URL of the gateway. */
  readonly url: string;
  /** Spells out what does not show. */
  readonly visible: (text: string) => string;
}

export function alertText({ rule, group, count, last }: Raised, { url, visible }: AlertTextParts): AlertText {
  const { name, severity, window, threshold, message } = rule.document;
  const where = last.session === undefined ? url : `${url}/sessions/${last.session}`;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['alert', name],
    ['severity', severity],
    ['what', threshold === 1 ? last.event : `${last.event} ${count} times within ${window}, which is told from ${threshold} on`],
    ...group.map(([by, value]) => [by, value] as const),
    ['at', new Date(last.at).toISOString()],
    ...lastFacts(last, group),
    ['event', last.id],
    ['to do', message],
  ];
  return {
    title: visible(`[alert: ${severity}] ${name}${group.length === 0 ? '' : `: ${group.map(([, value]) => value).join(', ')}`}`).slice(0, MAX_TITLE),
    facts: facts.flatMap(([fact, value]) => (value === undefined || value === '' ? [] : [[fact, visible(value).slice(0, MAX_FACT)] as const])),
    url: where,
    alert: {
      name,
      severity,
      event: last.event,
      count,
      threshold,
      window,
      group: Object.fromEntries(group),
      at: new Date(last.at).toISOString(),
      last: last.id,
      ...(last.session === undefined ? {} : { session: last.session }),
      ...(message === undefined ? {} : { message }),
    },
  };
}

/** The last of them, as far as the group does not say it. */
function lastFacts(last: Raised['last'], group: readonly GroupPart[]): readonly (readonly [string, string | undefined])[] {
  const said = new Set<string>(group.map(([by]) => by));
  const all: readonly (readonly [string, string | undefined])[] = [
    ['target', last.target],
    ['subject', last.subject && `${last.subject.kind}:${last.subject.name}`],
    ['command', last.command],
    ['rule', last.rule],
    ['sink', last.sink],
  ];
  return [...all.filter(([name]) => !said.has(name)), ['because', last.note]];
}
