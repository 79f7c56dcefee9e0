import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createCredentials } from '../credential/credential.ts';
import { logInto } from '../../test/support/log.ts';
import { until } from '../../test/support/until.ts';
import { memoryPins } from '../protocols/mcp/pins/pin-store.ts';
import { ToolPins } from '../protocols/mcp/pins/tool-pins.ts';
import { openPolicy } from './policy.ts';
import { ToolBook } from './tool-book.ts';

test('a secret that is missing is told when the resources are read, by its place; the other targets are served', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-policy-'));
  t.after(() => rm(folder, { recursive: true }));
  const target = (name: string, source: string): string =>
    `kind: Target\nname: ${name}\nprotocol: mcp\naddress: http://127.0.0.1:1/mcp\nowners: [group:x]\n${source}---\n`;
  const there = target('there', 'credential: { bearer: { env: PATH } }\n');
  await writeFile(join(folder, 'a.yaml'), there + target('absent', 'credential: { bearer: { env: SALLYPORT_TEST_ABSENT } }\n') + target('open', ''));
  const lines: string[] = [];
  const policy = await openPolicy(folder, { recorder: { append: () => Promise.resolve() }, log: logInto(lines), credentials: createCredentials(), kinds: [] });
  t.after(() => policy.close());
  const told = lines.filter((line) => line.startsWith('target '));
  assert.equal(told.length, 1);
  assert.match(told[0] ?? '', /^target absent cannot be opened: the environment variable SALLYPORT_TEST_ABSENT is not set/);
  assert.equal(policy.snapshot().targets.length, 3);
});

const MODELS = `kind: Target
name: models
protocol: mcp
address: http://127.0.0.1:1/mcp
owners: [group:x]
---
`;
const rule = (when: string): string =>
  `${MODELS}kind: Policy\nname: p\ntargets: [models]\nrules: [{ name: r, allow: [tools/call run], when: ${JSON.stringify(when)} }]\n`;

test('what looks like a mistake is told at the start and at each change, once', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-policy-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'a.yaml'), MODELS);
  const lines: string[] = [];
  const policy = await openPolicy(folder, { recorder: { append: () => Promise.resolve() }, log: logInto(lines), credentials: createCredentials(), kinds: [] });
  t.after(() => policy.close());
  const warnings = (): readonly string[] => lines.filter((line) => line.startsWith('policy warning: '));
  assert.match(warnings()[0] ?? '', /a\.yaml:2:7: nobody may use target models/);
  await writeFile(join(folder, 'a.yaml'), rule('args.rows < 5').replace('tools/call run', 'run'));
  await until('the change', () => (warnings().length > 1 ? true : undefined));
  assert.match(warnings()[1] ?? '', /no command has a name such as run/);
  assert.equal(warnings().length, 2);
});

test('tools that are known: another set has to fit them; the set of the start, and tools that are learned later, are told of', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-policy-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'a.yaml');
  await writeFile(file, rule('args.rowz < 5'));
  const store = memoryPins();
  const recorder = { append: () => Promise.resolve() };
  const pins = new ToolPins(store, recorder);
  const lines: string[] = [];
  const policy = await openPolicy(folder, { recorder, log: logInto(lines), credentials: createCredentials(), kinds: [], tools: new ToolBook(pins) });
  t.after(() => policy.close());
  const told = (what: RegExp) => until(String(what), () => lines.find((line) => what.test(line)));
  const models = policy.snapshot().target('models') ?? assert.fail('no target');
  const schema = { type: 'object', properties: { rows: { type: 'integer' } } };
  const definition = JSON.stringify({ name: 'run', inputSchema: schema });
  await pins.learn(models, { declared: [{ name: 'run', hash: 'h', shown: async () => ({ definition, findings: [] }) }], listEnded: true });
  await told(/^policy warning: a\.yaml:.*there is no argument rowz \(tools\/call run\) \(did you mean rows\?/);
  const { version } = policy.snapshot();
  await writeFile(file, rule('args.rowz < 6'));
  await told(/^policy not changed: .*there is no argument rowz/s);
  assert.equal(policy.snapshot().version, version);
  await writeFile(file, rule('args.rows < 6'));
  await told(/^policy changed: version [0-9a-f]{12} -> [0-9a-f]{12}$/);
  // Another address is another server, of which nothing is known.
  await writeFile(file, rule('args.other < 6').replace('127.0.0.1:1', '127.0.0.1:2'));
  await until('the other server', () => (policy.snapshot().target('models')?.address?.includes(':2') ? true : undefined));
});
