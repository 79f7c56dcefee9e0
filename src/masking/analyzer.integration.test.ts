import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { isSallyportError } from '../core/error.ts';
import { createAnalyzer, type AnalyzerOptions } from './analyzer.ts';
import { createMasker } from './masker.ts';

interface Asked {
  readonly text: string;
  readonly language: string;
  readonly entities: readonly string[];
  readonly score_threshold: number;
}

type Answer = (asked: Asked, response: ServerResponse) => void;

/** As Presidio answers: offsets in characters, not in UTF-16 code units. */
const presidio: Answer = (asked, response) => {
  const rows = [...asked.text.matchAll(/Ada Lovelace|Berlin/g)].map((match) => {
    const start = [...asked.text.slice(0, match.index)].length;
    return { entity_type: match[0] === 'Berlin' ? 'LOCATION' : 'PERSON', start, end: start + match[0].length, score: 0.85, analysis_explanation: null };
  });
  response.setHeader('content-type', 'application/json').end(JSON.stringify(rows));
};

async function standIn(t: TestContext, answer: Answer, options: Partial<AnalyzerOptions> = {}) {
  const asked: Asked[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    void text(request).then((body) => {
      assert.equal(`${request.method} ${request.url}`, 'POST /analyze');
      asked.push(JSON.parse(body) as Asked);
      answer(asked[asked.length - 1] as Asked, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const entities = ['PERSON', 'LOCATION'];
  const analyzer = createAnalyzer({ url, timeoutMs: 5000, concurrency: 2, entities, language: 'en', score: 0.5, maxLength: 50_000, ...options });
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await analyzer.close();
  });
  return { analyzer, asked };
}

const RULES = [{ fields: [], detect: ['person', 'email'], operator: 'redact' as const }];
const key = new Uint8Array(32);
const failsClosed = (error: unknown): boolean => isSallyportError(error, 'masking_failed');

test('names that the analyzer finds are masked, in texts and members, beside what is found here; kinds that no rule names stay', async (t) => {
  const { analyzer, asked } = await standIn(t, presidio);
  const masker = createMasker(RULES, { key, direction: 'reply', analyzer });
  const value = { to: '🙂 Ada Lovelace in Berlin <ada@example.org>', rows: [{ name: 'Ada Lovelace' }, { n: 12 }], text: '{"by":"Ada Lovelace"}' };
  const masked = await masker.outside?.((ready) => ready.json(value));
  assert.deepEqual(masked?.value, {
    to: '🙂 [redacted:person] in Berlin <[redacted:email]>',
    rows: [{ name: '[redacted:person]' }, { n: 12 }],
    text: '{"by":"[redacted:person]"}',
  });
  assert.equal(asked.length, 1);
  assert.deepEqual({ ...asked[0], text: '' }, { text: '', language: 'en', entities: ['PERSON', 'LOCATION'], score_threshold: 0.5 });
});

test('a name split over two texts of one message is found', async (t) => {
  const { analyzer } = await standIn(t, presidio);
  const masker = createMasker(RULES, { key, direction: 'reply', analyzer });
  const masked = await masker.outside?.((ready) => ready.texts(['by Ada Love', 'lace today']));
  assert.doesNotMatch(masked?.value.join('') ?? '', /Ada|lace/);
});

test('whatever goes wrong with the analyzer refuses the message', async (t) => {
  const wrong: readonly (readonly [string, Answer, Partial<AnalyzerOptions>?])[] = [
    ['an error', (_asked, response) => void response.writeHead(500).end('{"error":"no model"}')],
    ['no JSON', (_asked, response) => void response.end('<html>')],
    ['no list', (_asked, response) => void response.end('{}')],
    ['an offset outside of the text', (_asked, response) => void response.end('[{"entity_type":"PERSON","start":0,"end":999,"score":1}]')],
    ['a row without a score', (_asked, response) => void response.end('[{"entity_type":"PERSON","start":0,"end":3}]')],
    ['a connection that ends', (_asked, response) => void response.destroy()],
    ['no answer in time', () => {}, { timeoutMs: 50 }],
    ['a message that is too long', presidio, { maxLength: 10 }],
  ];
  for (const [says, answer, options] of wrong) {
    const { analyzer } = await standIn(t, answer, options);
    const masker = createMasker(RULES, { key, direction: 'reply', analyzer });
    await assert.rejects(async () => masker.outside?.((ready) => ready.text('by Ada Lovelace')), failsClosed, says);
  }
});

test('where the analyzer is not asked, a masker of replies fails, and one of requests does without it', async (t) => {
  const { analyzer } = await standIn(t, presidio);
  assert.throws(() => createMasker(RULES, { key, direction: 'reply', analyzer }).text('by Ada Lovelace'), failsClosed);
  assert.equal(createMasker(RULES, { key, direction: 'request', analyzer }).text('Ada ada@example.org').value, 'Ada [redacted:email]');
});

test('rules that name nothing of the analyzer do not ask it', async (t) => {
  const { analyzer, asked } = await standIn(t, presidio);
  const masker = createMasker([{ fields: [], detect: ['email'], operator: 'redact' }], { key, direction: 'reply', analyzer });
  assert.equal(masker.outside, undefined);
  assert.equal(masker.text('Ada Lovelace').value, 'Ada Lovelace');
  assert.equal(asked.length, 0);
});

test('no more requests run at a time than allowed, and long messages take several', async (t) => {
  let running = 0;
  let most = 0;
  const slow: Answer = (_asked, response) => {
    running += 1;
    most = Math.max(most, running);
    setTimeout(() => {
      running -= 1;
      response.end('[]');
    }, 10);
  };
  const { analyzer, asked } = await standIn(t, slow, { concurrency: 2 });
  await analyzer.analyze(Array.from({ length: 8 }, (_, at) => `${'word '.repeat(1200)}${at}`));
  assert.equal(asked.length, 8);
  assert.equal(most, 2);
});
