import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startGatewayProcess, type GatewayProcess } from '../../test/support/gateway.ts';
import { callRaw, postRaw } from '../../test/support/raw.ts';
import { startTraceCollector, type ReceivedSpan, type TraceCollector } from '../../test/support/trace-collector.ts';
import { until } from '../../test/support/until.ts';
import { startWorkbench, type Workbench } from '../../test/support/workbench.ts';

const CANARY = 'canary-4711-in-an-argument';
const upstream: IncomingHttpHeaders[] = [];
let workbench: Workbench;
let collector: TraceCollector;
let gateway: GatewayProcess;
let off: GatewayProcess;

before(async () => {
  workbench = await startWorkbench({
    admit: (request) => {
      upstream.push(request.headers);
      return true;
    },
  });
  collector = await startTraceCollector('Bearer trace-token');
  const resources = [
    { kind: 'Target', name: 'workbench', protocol: 'mcp', address: workbench.url, owners: ['group:owners'] },
    { kind: 'Target', name: 'local', protocol: 'mcp', command: [process.execPath, join(import.meta.dirname, '../../test/support/relay/stdio-server.ts')] },
    {
      kind: 'Policy',
      name: 'testers',
      targets: ['*'],
      rules: [
        { name: 'no-writing', deny: ['tools/call write'] },
        { name: 'all', allow: ['*'] },
      ],
    },
  ];
  const traces = { url: collector.url, headers: { Authorization: { env: 'TRACE_TEST_TOKEN' } } };
  gateway = await startGatewayProcess({ resources, config: { telemetry: { traces } }, env: { TRACE_TEST_TOKEN: 'Bearer trace-token' } });
  off = await startGatewayProcess({ resources });
});
after(async () => {
  await gateway.stop();
  await off.stop();
  await workbench.close();
  await collector.close();
});

const attribute = (span: ReceivedSpan, key: string): string | undefined => span.attributes.find((one) => one.key === key)?.value.stringValue;
const tokenOf = (at: GatewayProcess, target = 'workbench') => at.token({ sub: 'someone@example.com', groups: [] }, target);

function traceOf(traceId: string): Promise<readonly ReceivedSpan[]> {
  return until(`the trace ${traceId}`, () => {
    const spans = collector.spans.filter((span) => span.traceId === traceId);
    return spans.length > 0 ? spans : undefined;
  });
}

/** Headers of a modern call, with a trace. */
async function call(at: GatewayProcess, traceId: string, name = 'echo', more: Record<string, string> = {}, target = 'workbench') {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name, arguments: { value: CANARY, key: CANARY }, _meta: { ...meta, ...more } },
  });
  const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': name };
  const traceparent = traceId === '' ? {} : { traceparent: `00-${traceId}-b7ad6b7169203331-01`, tracestate: 'vendor=of-the-caller' };
  return { body, reply: await postRaw(at.endpoint(target), await tokenOf(at, target), body, { ...headers, ...traceparent }) };
}

test("a caller's trace goes on through the gateway to the target: each step is a span, the target's hang under forward", async () => {
  const traceId = 'a'.repeat(31) + '1';
  upstream.length = 0;
  await call(gateway, traceId);
  const spans = await traceOf(traceId);
  const root = spans.find(({ kind }) => kind === 2);
  const forward = spans.find(({ name }) => name === 'forward');
  assert.ok(root && forward);
  assert.equal(root.parentSpanId, 'b7ad6b7169203331');
  assert.equal(root.name, 'tools/call workbench');
  assert.deepEqual(spans.map(({ name }) => name).toSorted(), [
    'authenticate',
    'decide',
    'forward',
    'mask',
    'outcome',
    'record',
    'release',
    'tools/call workbench',
    'understand',
  ]);
  for (const span of spans) {
    if (span !== root) assert.equal(span.parentSpanId, root.spanId);
    assert.equal(span.traceState, 'vendor=of-the-caller');
    assert.ok(BigInt(span.startTimeUnixNano) >= BigInt(root.startTimeUnixNano) && BigInt(span.endTimeUnixNano) <= BigInt(root.endTimeUnixNano), span.name);
  }
  assert.deepEqual(
    ['sallyport.effect', 'sallyport.rule', 'sallyport.outcome', 'sallyport.subject.kind'].map((key) => attribute(root, key)),
    ['allow', 'all', 'ok', 'person'],
  );
  const told = upstream.find(({ traceparent }) => traceparent?.toString().includes(traceId));
  assert.equal(told?.['traceparent'], `00-${traceId}-${forward.spanId}-01`);
  assert.equal(told?.['tracestate'], 'vendor=of-the-caller');
});

test('what MCP says in _meta comes before what HTTP says; the message itself stays as its caller wrote it', async () => {
  const [inMeta, inHeader] = ['b'.repeat(31) + '1', 'b'.repeat(31) + '2'];
  upstream.length = 0;
  await call(gateway, inHeader, 'echo', { traceparent: `00-${inMeta}-00f067aa0ba902b7-01` });
  const spans = await traceOf(inMeta);
  assert.equal(spans.find(({ kind }) => kind === 2)?.parentSpanId, '00f067aa0ba902b7');
  assert.ok(upstream.some(({ traceparent }) => traceparent?.toString().includes(inMeta)));
  assert.ok(!collector.spans.some(({ traceId }) => traceId === inHeader));
});

test('a stdio server has no headers: it is told in _meta', async () => {
  const traceId = 'c'.repeat(31) + '1';
  const { reply } = await call(gateway, traceId, 'about', {}, 'local');
  assert.equal(reply.status, 200);
  const forward = (await traceOf(traceId)).find(({ name }) => name === 'forward');
  const about = JSON.parse(reply.message.result?.content?.[0]?.text ?? '{}') as { meta?: Record<string, string> };
  assert.equal(about.meta?.['traceparent'], `00-${traceId}-${forward?.spanId}-01`);
  assert.equal(about.meta?.['tracestate'], 'vendor=of-the-caller');
  assert.ok(about.meta?.['io.modelcontextprotocol/clientInfo'], 'the rest is as it was');
});

test('a denial is no error of the gateway, and a trace context that is none begins a trace of its own', async () => {
  const traceId = 'd'.repeat(31) + '1';
  await call(gateway, traceId, 'write');
  const [root] = (await traceOf(traceId)).filter(({ kind }) => kind === 2);
  assert.ok(root);
  assert.equal(attribute(root, 'sallyport.outcome'), 'denied');
  assert.equal(root.status?.code ?? 0, 0);
  assert.ok(!(await traceOf(traceId)).some(({ name }) => name === 'forward'), 'nothing was forwarded');
  upstream.length = 0;
  await postRaw(gateway.endpoint('workbench'), await tokenOf(gateway), '{', { traceparent: 'not-a-trace' });
  const reply = await callRaw(gateway.endpoint('workbench'), await tokenOf(gateway), 'echo', { value: 'x' });
  assert.equal(reply.status, 200);
  assert.match(upstream.at(-1)?.['traceparent']?.toString() ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
});

test('a collector that is away for a moment gets the spans later; nothing that a caller sent is in any of them', async () => {
  const traceId = 'e'.repeat(31) + '1';
  collector.statuses.push(503);
  await call(gateway, traceId);
  await traceOf(traceId);
  assert.doesNotMatch(collector.bodies.join('\n'), new RegExp(`${CANARY}|someone@example|trace-token`));
});

test('without a configuration nothing is added: what the caller says travels on unchanged, where it is a trace context', async () => {
  const traceId = 'f'.repeat(31) + '1';
  upstream.length = 0;
  await call(off, traceId);
  const last = upstream.findLast((headers) => headers['mcp-name'] === 'echo');
  assert.deepEqual([last?.['traceparent'], last?.['tracestate']], [`00-${traceId}-b7ad6b7169203331-01`, 'vendor=of-the-caller']);
  upstream.length = 0;
  await callRaw(off.endpoint('workbench'), await tokenOf(off), 'echo', { value: 'x' });
  assert.ok(upstream.length > 0 && upstream.every(({ traceparent }) => traceparent === undefined));
});
