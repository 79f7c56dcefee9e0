import type { SearchFilter, SearchScope } from '../../audit/search/query.ts';
import { wordsOf } from '../../audit/search/words.ts';
import type { Subject } from '../../core/subject.ts';
import { subjectKey } from '../../core/subject.ts';
import type { Snapshot } from '../../policy/snapshot.ts';
import { ownedTargets } from '../owners.ts';

/** As with sessions: what one did oneself, and what happened on targets that one owns. */
export function scopeOf(subject: Subject, snapshot: Snapshot): SearchScope {
  return { viewer: subjectKey(subject), targets: ownedTargets(subject, snapshot) };
}

/** What was given, without what was not. */
export function filterOf(asked: { readonly [K in keyof SearchFilter]?: SearchFilter[K] | undefined }): SearchFilter {
  const { text, subject, target, command, rule, effect, kind, session, since, until } = asked;
  const given = { text, subject, target, command, rule, effect, kind, session, since, until };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** What was looked for, as the record says it. Words may be what masking keeps out of the record: they are only counted. */
export function filterWords({ text, command, since, until, ...fields }: SearchFilter): string {
  const parts = Object.entries(fields).map(([field, value]) => `${field} ${value}`);
  if (command !== undefined) parts.push(`a command by ${wordsOf(command).length} words`);
  if (text !== undefined) parts.push(`a text by ${wordsOf(text).length} words`);
  if (since !== undefined) parts.push(`since ${new Date(since).toISOString()}`);
  if (until !== undefined) parts.push(`until ${new Date(until).toISOString()}`);
  return parts.length === 0 ? 'everything' : parts.join(', ');
}
