import type { SearchFilter, SearchScope } from '../../audit/search/query.ts';
import { wordsOf } from '../../audit/search/words.ts';
import type { Subject } from '../../core/subject.ts';
import { subjectKey } from '../../core/subject.ts';
import { isAuditor } from '../auditors.ts';
import type { ApiDeps } from '../deps.ts';
import { ownedTargets } from '../owners.ts';

/** As with sessions: what one did oneself, and what happened on targets that one owns; everything for auditors. */
export function scopeOf(subject: Subject, deps: Pick<ApiDeps, 'auditors' | 'snapshot'>): SearchScope {
  if (isAuditor(subject, deps)) return 'everything';
  return { viewer: subjectKey(subject), targets: ownedTargets(subject, deps.snapshot()) };
}

/** The target that a look is about, where the viewer may know of it. */
export function targetOfLook(scope: SearchScope, { target: name }: SearchFilter, deps: Pick<ApiDeps, 'snapshot'>): string | undefined {
  const isKnown = name !== undefined && (scope === 'everything' ? deps.snapshot().target(name) !== undefined : scope.targets.includes(name));
  return isKnown ? name : undefined;
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
