import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import test from 'node:test';
import { signIn, type Api, type ApprovalView } from '../support/api.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gateway.ts';
import { callRaw, type RawReply } from '../support/raw.ts';
import { until } from '../support/until.ts';
import { startWorkbench, type Workbench } from '../support/workbench.ts';

const LEAD = { name: 'lead', kind: 'person' as const, groups: ['leads'], password: randomBytes(12).toString('hex') };
const CLIENTS = 8;
const ENOUGH = 400;

const resources = (address: string): object[] => [
  { kind: 'Target', name: 'workbench', protocol: 'mcp', address, owners: ['group:leads'] },
  {
    kind: 'Policy',
    name: 'testers',
    targets: ['workbench'],
    rules: [
      { name: 'testers-write', subjects: ['group:testers'], allow: ['tools/list', 'tools/call write'] },
      { name: 'a-lead-is-asked', subjects: ['group:testers'], review: ['tools/call held_write', 'tools/call wait'], approval: { from: ['group:leads'] } },
    ],
  },
];

test('kill -9 under load: what was acknowledged is recorded, the log verifies, approvals are kept, and nothing runs twice', async (t) => {
  const workbench = await startWorkbench();
  t.after(() => workbench.close());
  const gateway = await startGatewayProcess({ resources: resources(workbench.url), accounts: [LEAD] });
  t.after(() => gateway.stop());
  const token = await gateway.token({ sub: 'tester', groups: ['testers'] }, 'workbench');
  const call = (tool: string, args: object): Promise<RawReply> => callRaw(gateway.endpoint('workbench'), token, tool, args);

  const before = await signIn(gateway.url, LEAD.name, LEAD.password);
  const [done, open, running] = await hold(before, call, workbench);
  const acknowledged = await loadUntilKilled(gateway, call);
  await gateway.restart();

  const lead = await signIn(gateway.url, LEAD.name, LEAD.password);
  await t.test('every acknowledged command is in the record, with its reply', async () => {
    assert.ok(acknowledged.length >= ENOUGH);
    await until('the index', async () => ((await missing(lead, acknowledged)).length === 0 ? true : undefined));
  });
  await t.test('audit verify passes', async () => {
    const { code, said } = await verify(gateway);
    assert.equal(code, 0, said);
  });
  await t.test('what was pending is pending still, what was running is indeterminate, what ran is consumed', async () => {
    const status = new Map((await lead.approvals('all')).map((approval) => [approval.id, approval.status]));
    assert.deepEqual(
      [open.id, running.id, done.id].map((id) => status.get(id)),
      ['pending', 'indeterminate', 'consumed'],
    );
  });
  await t.test('nothing ran twice, and a repeat of what ran gets its kept result', async () => {
    const again = await call('held_write', { key: 'done' });
    assert.match(again.text, /written: done/);
    const times = (key: string): number => workbench.written.filter((one) => one === key).length;
    assert.equal(times('done'), 1);
    assert.deepEqual(
      acknowledged.filter((key) => times(key) !== 1),
      [],
    );
    assert.equal(new Set(workbench.written).size, workbench.written.length);
  });
  await t.test('the approval that was pending can be given now, and the command then runs once', async () => {
    const held = call('held_write', { key: 'open' });
    await lead.answer(open.id, 'approve');
    assert.match((await held).text, /written: open/);
    assert.deepEqual(
      workbench.written.filter((key) => key === 'open'),
      ['open'],
    );
  });
});

type Call = (tool: string, args: object) => Promise<RawReply>;

/** Three held commands: one approved and done, one nobody answered, one approved and still running when the crash comes. */
async function hold(lead: Api, call: Call, workbench: Workbench): Promise<readonly [ApprovalView, ApprovalView, ApprovalView]> {
  const pending = (text: string): Promise<ApprovalView> => until(text, async () => (await lead.approvals()).find((one) => one.shown.includes(text)));
  const first = call('held_write', { key: 'done' });
  const done = await pending('done');
  await lead.answer(done.id, 'approve');
  await first;
  assert.deepEqual(workbench.written, ['done']);
  ignore(call('held_write', { key: 'open' }));
  const open = await pending('open');
  ignore(call('wait', { ms: 61_234 }));
  const running = await pending('61234');
  await lead.answer(running.id, 'approve');
  await until('the running command', async () => (await lead.approvals('all')).find((one) => one.id === running.id && one.status === 'executing'));
  return [done, open, running];
}

/** Its caller dies with the gateway. */
const ignore = (call: Promise<unknown>): void => void call.catch(() => {});

/** Eight clients write without a pause; the gateway is killed in the middle. Returns the keys whose reply arrived. */
async function loadUntilKilled(gateway: GatewayProcess, call: Call): Promise<string[]> {
  const acknowledged: string[] = [];
  let killed: Promise<void> | undefined;
  const client = async (name: number): Promise<void> => {
    for (let n = 0; ; n += 1) {
      const key = `key-${name}-${n}-end`;
      const reply = await call('write', { key }).catch(() => undefined);
      if (reply === undefined) return;
      if (reply.message.result?.content?.[0]?.text === `written: ${key}`) acknowledged.push(key);
      if (acknowledged.length >= ENOUGH) killed ??= gateway.kill();
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, name) => client(name)));
  await killed;
  return acknowledged;
}

/** The keys that no recorded request or no recorded reply holds. */
async function missing(lead: Api, keys: readonly string[]): Promise<string[]> {
  const sessions = await lead.sessions();
  const events = (await Promise.all(sessions.map(async ({ id }) => (await lead.session(id)).events))).flat();
  const bodies = events.flatMap(({ bodies }) => bodies.map(({ text }) => text)).join('\n');
  return keys.filter((key) => !bodies.includes(`"${key}"`) || !bodies.includes(`written: ${key}`));
}

function verify(gateway: GatewayProcess): Promise<{ readonly code: number; readonly said: string }> {
  const cli = join(import.meta.dirname, '../../bin/sallyport');
  return new Promise((resolve) => {
    execFile(cli, ['audit', 'verify', '--data', join(gateway.folder, 'data')], (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, said: `${stdout}${stderr}` });
    });
  });
}
