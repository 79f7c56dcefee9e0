import { createHash } from 'node:crypto';
import type { Event } from '../../core/event.ts';
import { subjectKey } from '../../core/subject.ts';
import { indexedWords } from './words.ts';

/** What a search may ask for besides words. */
export type Field = 'subject' | 'target' | 'rule' | 'effect' | 'kind' | 'session' | 'viewer';

const LETTERS: Readonly<Record<Field, string>> = { subject: 's', target: 't', rule: 'r', effect: 'd', kind: 'k', session: 'n', viewer: 'v' };

/**
 * A field's value as a word, so that one index answers for words and fields together. Its first character is in no word of a text: what
 * somebody wrote cannot pass for a field. 80 bits of SHA-256: nobody finds a second value for another's word.
 */
export function fieldWord(field: Field, value: string): string {
  return `§${LETTERS[field]}${createHash('sha256').update(value).digest('hex').slice(0, 20)}`;
}

/** With which all words of a field begin. */
export const fieldBeginning = (field: Field): string => `§${LETTERS[field]}`;

/** One word of a command's name. */
export const commandWord = (word: string): string => `§c${word}`;

/** All fields of one event. `owner` is the `subjectKey` of whoever's session it is part of. */
export function fieldWords(event: Event, owner: string | undefined): readonly string[] {
  const { subject, target, command, decision, kind, session } = event;
  const words = [fieldWord('kind', kind), fieldWord('kind', kind.split('.')[0] ?? kind)];
  if (session !== undefined) words.push(fieldWord('session', session));
  if (target !== undefined) words.push(fieldWord('target', target));
  for (const word of indexedWords(command?.name ?? '')) words.push(commandWord(word));
  if (decision) {
    words.push(fieldWord('effect', decision.effect));
    // A review may be asked for by several rules at once.
    for (const rule of new Set([decision.rule, ...decision.rule.split(', ')])) words.push(fieldWord('rule', rule));
  }
  if (subject) words.push(fieldWord('subject', subject.name), fieldWord('subject', `${subject.kind}:${subject.name}`));
  const viewers = new Set([...(subject ? [subjectKey(subject)] : []), ...(owner === undefined ? [] : [owner])]);
  for (const viewer of viewers) words.push(fieldWord('viewer', viewer));
  return words;
}
