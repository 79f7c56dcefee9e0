import type { Event } from '../../core/event.ts';
import type { RecordedBody } from '../replay.ts';
import { fieldWords } from './fields.ts';
import { indexedWords, textsInJson } from './words.ts';

/** What is found of one event. */
export interface SearchDocument {
  readonly id: string;
  readonly session: string | null;
  /** Separated by spaces. */
  readonly words: string;
}

/** Of a longer payload only its beginning is found. */
const MAX_TEXT = 64 * 1024;
const MAX_WORDS = 4000;

/** An event, and what was said with it as it was recorded: masked. */
export function searchDocument(event: Event, bodies: readonly RecordedBody[], owner: string | undefined): SearchDocument {
  const words = new Set(fieldWords(event, owner));
  for (const text of eventTexts(event)) for (const word of indexedWords(text)) words.add(word);
  for (const { contentType, text = '' } of bodies) addBody(words, contentType, text.slice(0, MAX_TEXT));
  return { id: event.id, session: event.session ?? null, words: [...words].join(' ') };
}

function addBody(words: Set<string>, contentType: string, text: string): void {
  for (const part of isJson(contentType) ? textsInJson(text) : [text]) {
    for (const word of indexedWords(part)) {
      if (words.size >= MAX_WORDS) return;
      words.add(word);
    }
  }
}

const isJson = (contentType: string): boolean => /\bjson\b/i.test(contentType);

function eventTexts(event: Event): readonly string[] {
  const { id, session, subject, target, protocol, client, command, decision, approval, intent, outcome, masks = [], note } = event;
  const texts = [
    id,
    session,
    subject?.name,
    subject?.onBehalfOf,
    target,
    protocol,
    client?.address,
    client?.userAgent,
    client?.name,
    client?.id,
    command?.name,
    command?.digest,
    ...(command?.flags ?? []),
    decision?.rule,
    decision?.reason,
    approval,
    intent,
    outcome?.status,
    ...masks.flatMap(({ by, name }) => [by, name]),
    note,
  ];
  return texts.filter((text) => text !== undefined);
}
