import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommandStart } from '../core/steps.ts';
import { exportRequest } from './otlp-spans.ts';
import type { TracedCommand } from './traced-command.ts';
import { Tracer } from './tracer.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const start = (trace?: CommandStart['trace']): CommandStart => ({
  // What the tracer reads of them, and values that must not travel.
  session: {
    id: 's',
    subject: { kind: 'person', id: 'ann', name: 'ann@example.com', groups: [], issuer: '' },
    target: { name: 'models', protocol: 'mcp' },
  } as never,
  command: { name: 'tools/call run_model', definition: 'pinned', naming: 'plain', arguments: { secret: 'canary' }, canonical: 'canary' } as never,
  arrived: 10,
  authenticated: 11,
  standing: false,
  ...(trace ? { trace } : {}),
});

function tracing(options: Partial<ConstructorParameters<typeof Tracer>[0]> = {}) {
  const traced: TracedCommand[] = [];
  return { traced, tracer: new Tracer({ ratio: 1, parent: 'follow', done: (command) => void traced.push(command), ...options }) };
}

test('a trace begins here, or goes on: the target is told the span that its own hang under', () => {
  const { tracer, traced } = tracing();
  const own = tracer.begin(start());
  assert.match(own.trace?.traceparent ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  own.end('ok');
  const joined = tracer.begin(start({ traceparent: `00-${TRACE}-b7ad6b7169203331-01`, tracestate: 'vendor=1' }));
  assert.match(joined.trace?.traceparent ?? '', new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
  assert.doesNotMatch(joined.trace?.traceparent ?? '', /b7ad6b7169203331/);
  assert.equal(joined.trace?.tracestate, 'vendor=1');
  joined.end('ok');
  assert.deepEqual(
    traced.map(({ parentId }) => parentId),
    [undefined, 'b7ad6b7169203331'],
  );
});

test('a caller says if its trace is sampled, where it may; else the id of the trace decides, everywhere the same', () => {
  const sampled = (options: Partial<ConstructorParameters<typeof Tracer>[0]>, flags: string, trace = TRACE): boolean =>
    tracing(options)
      .tracer.begin(start({ traceparent: `00-${trace}-b7ad6b7169203331-${flags}` }))
      .trace?.traceparent.endsWith('-01') ?? false;
  assert.equal(sampled({ ratio: 0 }, '01'), true);
  assert.equal(sampled({ ratio: 1 }, '00'), false);
  assert.equal(sampled({ ratio: 0, parent: 'ignore' }, '01'), false);
  assert.equal(sampled({ ratio: 1, parent: 'ignore' }, '00'), true);
  const { tracer, traced } = tracing({ ratio: 0.25 });
  for (let at = 0; at < 4_000; at += 1) tracer.begin(start()).end('ok');
  assert.ok(traced.length > 800 && traced.length < 1_200, String(traced.length));
});

test('what is not sampled keeps nothing, and its target is told so', () => {
  const { tracer, traced } = tracing({ ratio: 0 });
  const steps = tracer.begin(start());
  steps.enter('forward');
  steps.end('ok');
  assert.match(steps.trace?.traceparent ?? '', /-00$/);
  assert.deepEqual(traced, []);
});

test('each step is a span, waiting for the target is one however long it streams, and long streams are bounded', () => {
  const { tracer, traced } = tracing();
  const steps = tracer.begin(start());
  for (const step of ['decide', 'record', 'forward', 'mask', 'outcome', 'release', 'forward', 'mask', 'outcome', 'release'] as const) steps.enter(step);
  steps.end('ok');
  steps.end('internal');
  const [{ resourceSpans }] = [
    exportRequest(traced, { version: '1', instance: 'i' }) as { resourceSpans: { scopeSpans: { spans: { name: string; spanId: string }[] }[] }[] },
  ];
  const spans = resourceSpans[0]?.scopeSpans[0]?.spans ?? [];
  assert.deepEqual(
    spans.map(({ name }) => name),
    ['tools/call models', 'authenticate', 'understand', 'decide', 'record', 'mask', 'outcome', 'release', 'mask', 'outcome', 'release', 'forward'],
  );
  assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, spans.length);
  const long = tracer.begin(start());
  for (let at = 0; at < 10_000; at += 1) long.enter('mask');
  long.end('ok');
  assert.ok((traced[1]?.stretches.length ?? 0) <= 64 && (traced[1]?.dropped ?? 0) > 9_000);
});

test('no argument, no name of a person and no word of an unknown command is in a span', () => {
  const { tracer, traced } = tracing();
  tracer.begin(start()).end('ok');
  const unknown = start();
  tracer.begin({ ...unknown, command: { ...unknown.command, name: 'canary/method canary', naming: 'literal', definition: '' } }).end('denied');
  const uri = { ...unknown.command, name: 'resources/read file:///canary', definition: '' };
  tracer.begin({ ...unknown, command: uri }).end('upstream_timeout');
  const text = JSON.stringify(exportRequest(traced, { version: '1', instance: 'i' }));
  assert.doesNotMatch(text, /canary|ann/);
  assert.match(text, /run_model/);
  assert.equal([...text.matchAll(/"status":\{"code":2,"message":"upstream_timeout"\}/g)].length, 1, 'a denial is no error');
});
