import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createServer } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { openCaller, type Caller } from '../../../test/support/relay/caller.ts';
import { bench, startRelay, type Relay } from '../../../test/support/relay/gateway.ts';
import { startScriptedServer, text, tool, type Message, type ScriptedServer } from '../../../test/support/relay/upstream.ts';
import { listen } from '../../../test/support/listen.ts';
import { createAnalyzer } from '../../masking/analyzer.ts';

const RULES = [
  { allow: ['tools/list', 'tools/call *'] },
  { name: 'no-secrets', deny: ['tools/call *'], when: '"secret" in detected', message: 'keep secrets out of arguments' },
];
const MASKS = [{ detect: ['email', 'person'] }, { pattern: { name: 'badge', regex: '\\bEMP-\\d{4}\\b' } }];

let server: ScriptedServer;
let analyzer: { readonly port: number; close(): Promise<void> };
let relay: Relay;
let caller: Caller;
/** What the stand-in for the analyzer does where it would find something. */
let answers: 'well' | 'with an error' = 'well';

before(async () => {
  server = await startScriptedServer([tool('write', { row: {} }), tool('search', { query: {} })]);
  server.on('tools/call', (turn) => turn.result(text(`EMP-1234 of Ada Lovelace <ada@example.org> ${JSON.stringify(turn.message.params.arguments)}`)));
  analyzer = await listen(
    createServer((request, response) => {
      void readText(request).then((body) => {
        const { text: asked } = JSON.parse(body) as { readonly text: string };
        const start = asked.indexOf('Ada Lovelace');
        const found = start < 0 ? [] : [{ entity_type: 'PERSON', start, end: start + 12, score: 0.85 }];
        response.writeHead(answers === 'well' || start < 0 ? 200 : 500, { 'content-type': 'application/json' }).end(JSON.stringify(found));
      });
    }),
  );
  const url = `http://127.0.0.1:${analyzer.port}`;
  relay = await startRelay({
    resources: bench(server.url, RULES, { readOnlyTools: ['search'] }, { masks: MASKS }),
    analyzer: createAnalyzer({ url, timeoutMs: 5000, concurrency: 2, entities: ['PERSON'], language: 'en', score: 0.5, maxLength: 100_000 }),
  });
  caller = await openCaller(relay.endpoint(), await relay.token('ann'));
});
after(async () => {
  await relay.stop();
  await server.close();
  await analyzer.close();
});

const said = (message: Message): string => message.result.content[0].text;
const called = (): number => server.asked('tools/call').length;

test("a reply is masked by the policy's own patterns and by what the analyzer finds, for the caller and in the record", async () => {
  const answer = said(await caller.call('write', { row: 'for Ada Lovelace, EMP-9999' }));
  assert.match(answer, /^\[redacted:badge\] of \[redacted:person\] <\[redacted:email\]> /);
  assert.doesNotMatch(JSON.stringify(relay.recorded), /Ada Lovelace|EMP-\d|ada@example/);
});

test('a reply that the analyzer could not look at is refused, and the record does not hold it', async (t) => {
  answers = 'with an error';
  t.after(() => (answers = 'well'));
  const before = relay.recorded.length;
  const message = await caller.call('write', { row: 12 });
  assert.doesNotMatch(JSON.stringify(message), /EMP-|Ada Lovelace|ada@example/);
  assert.match(JSON.stringify(message), /could not be masked/);
  assert.doesNotMatch(JSON.stringify(relay.recorded.slice(before)), /EMP-1234|Ada Lovelace/);
});

test('a call whose arguments hold a secret is refused by the rule that says so, and does not reach the target', async () => {
  const before = called();
  const message = await caller.call('write', { row: { password: 'correct-horse-9' } });
  assert.match(JSON.stringify(message), /no-secrets.*keep secrets out|keep secrets out.*no-secrets/);
  assert.equal(called(), before);
  assert.doesNotMatch(JSON.stringify(relay.recorded), /correct-horse-9/);
});

test('a call that writes a placeholder back is refused with what to do; a read-only tool may have it', async () => {
  const before = called();
  for (const row of ['[redacted:email]', { mail: '********.org' }]) assert.match(JSON.stringify(await caller.call('write', { row })), /would destroy the data/);
  assert.equal(called(), before);
  assert.match(said(await caller.call('search', { query: '[redacted:email]' })), /redacted:email/);
  assert.equal(called(), before + 1);
});
