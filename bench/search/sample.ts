/** Events as a busy installation records them, the same for each run: whatever is random comes from one seed. */
import { makeEvent, type Event } from '../../src/core/event.ts';
import { subjectKey } from '../../src/core/subject.ts';
import { searchDocument, type SearchDocument } from '../../src/audit/search/document.ts';

export interface SampleEvent {
  readonly event: Event;
  readonly document: SearchDocument;
}

const START = Date.parse('2026-10-01T00:00:00Z');
const APART_MS = 2_500;
const VOCABULARY = 30_000;
const SUBJECTS = 400;
export const SAMPLE_TARGETS = Array.from({ length: 20 }, (_, i) => `target-${i}`);

/** When the n-th event is: a million of them are a month. */
export const sampleTime = (n: number): number => START + n * APART_MS;

/** A word of the vocabulary; the first ones are frequent, the last ones very rare. */
export const sampleWord = (rank: number): string => `w${rank.toString(36)}q`;

/** Mulberry32: small, quick, good enough for samples. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function sampleEvent(n: number, total: number): SampleEvent {
  const random = seeded(n + 1);
  const kind = n % 2 === 0 ? (random() < 0.03 ? 'command.refused' : 'command.forwarded') : 'reply.received';
  const person = Math.floor(random() ** 2 * SUBJECTS);
  const subject = { id: `u${person}`, name: `person-${person}`, kind: 'person', groups: ['staff'], issuer: 'https://idp.example' };
  const target = SAMPLE_TARGETS[Math.floor(random() ** 2 * SAMPLE_TARGETS.length)] ?? 'target-0';
  const effect = kind === 'command.refused' ? 'deny' : 'allow';
  const event = makeEvent(
    kind,
    {
      session: `01K${String(person).padStart(4, '0')}${String(Math.floor(n / 2_000)).padStart(19, '0')}`,
      subject,
      target,
      protocol: 'mcp',
      client: { address: `10.0.${person % 250}.7`, userAgent: 'agent/2.1', id: 'sallyport' },
      command: { name: `tools/call tool_${Math.floor(random() * 60)}`, digest: n.toString(16).padStart(64, '0'), flags: [] },
      decision: { effect, rule: `rule-${Math.floor(random() * 40)}`, reason: 'as the rule says', policyVersion: 'v1', risk: { score: 20, factors: [] } },
    },
    new Date(sampleTime(n)),
  );
  const body = { name: 'request' as const, contentType: 'application/json', text: JSON.stringify({ id: n, text: words(random, n, total) }) };
  return { event, document: searchDocument(event, [body], subjectKey(subject)) };
}

/** Between 10 and 60 words, most of them frequent ones. Some are there in the older half only. */
function words(random: () => number, n: number, total: number): string {
  const count = 10 + Math.floor(random() * 50);
  const chosen = Array.from({ length: count }, () => sampleWord(Math.floor(random() ** 3 * VOCABULARY)));
  if (n % 3 === 0) chosen.push('third');
  if (n % 3 === 1) chosen.push('other');
  if (n < total / 2 && n % 4 === 0) chosen.push('formerly');
  return chosen.join(' ');
}
