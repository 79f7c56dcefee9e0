import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { signIn } from '../../test/support/api.ts';
import { startGatewayProcess, type GatewayProcess } from '../../test/support/gateway.ts';
import { freePort } from '../../test/support/listen.ts';
import { callRaw } from '../../test/support/raw.ts';
import { until } from '../../test/support/until.ts';
import { startWorkbench, type Workbench } from '../../test/support/workbench.ts';

const OWNER = { name: 'owner', kind: 'person' as const, groups: ['owners'], password: randomBytes(12).toString('hex') };

let workbench: Workbench;
let gateway: GatewayProcess;
let port: number;

before(async () => {
  workbench = await startWorkbench();
  port = await freePort();
  const common = { kind: 'Target', protocol: 'mcp', owners: ['group:owners'] };
  const rules = [
    { name: 'all', allow: ['*'] },
    { name: 'no-writing', deny: ['tools/call write'] },
    { name: 'ask', review: ['tools/call held_write'] },
    { name: 'seldom', allow: ['tools/call fail'], limits: { rate: '1/h' } },
  ];
  gateway = await startGatewayProcess({
    resources: [
      { ...common, name: 'workbench', address: workbench.url },
      { ...common, name: 'down', address: 'http://127.0.0.1:1/mcp' },
      { kind: 'Policy', name: 'testers', targets: ['*'], rules, masks: [{ detect: ['email'] }] },
    ],
    accounts: [OWNER],
    listen: { metrics: `127.0.0.1:${port}` },
  });
});
after(async () => {
  await gateway.stop();
  await workbench.close();
});

async function scrape(accept = 'text/plain'): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { accept } });
  assert.equal(response.status, 200);
  return response.text();
}

const valueOf = (text: string, series: string): number | undefined => {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
};

test('what happened is counted where it belongs: by target, effect and outcome, masks, approvals, sign-ins, tokens, time', async () => {
  const token = await gateway.token({ sub: 'tester', groups: [] }, 'workbench');
  const call = (name: string, args: object = {}) => callRaw(gateway.endpoint('workbench'), token, name, args);
  for (let at = 0; at < 3; at += 1) await call('echo', { value: 'write to someone@example.com' });
  await call('write', { key: 'a' });
  await call('fail', { message: 'on purpose' });
  await callRaw(gateway.endpoint('down'), await gateway.token({ sub: 'tester', groups: [] }, 'down'), 'echo', { value: 'x' });
  await callRaw(gateway.endpoint('workbench'), undefined, 'echo');
  await callRaw(gateway.endpoint('workbench'), 'no-token', 'echo');
  const held = call('held_write', { key: 'b' });
  const owner = await signIn(gateway.url, OWNER.name, OWNER.password);
  await signIn(gateway.url, OWNER.name, 'wrong').catch(() => {});
  const pending = await until('the approval', async () => (await owner.approvals())[0]?.id);
  await owner.answer(pending, 'approve');
  await held;

  const text = await scrape();
  const expected: Readonly<Record<string, number>> = {
    'sallyport_commands_total{target="workbench",effect="allow",outcome="ok"}': 4,
    'sallyport_failures_total{target="down",code="upstream_unreachable"}': 1,
    'sallyport_events_total{kind="signin.failed"}': 1,
    'sallyport_commands_total{target="workbench",effect="deny",outcome="denied"}': 1,
    'sallyport_masks_applied_total{target="workbench",by="detector",mask="email"}': 6,
    'sallyport_token_refusals_total{code="missing"}': 1,
    'sallyport_approvals_total{target="workbench",status="granted"}': 1,
    sallyport_approval_answer_seconds_count: 1,
    sallyport_approvals_pending: 0,
    'sallyport_commands_under_way{target="workbench"}': 0,
    'sallyport_locks{kind="target"}': 0,
  };
  for (const [series, value] of Object.entries(expected)) assert.equal(valueOf(text, series), value, `${series}\n${text}`);
  for (const series of ['added', 'upstream', 'record', 'mask', 'authenticate'])
    assert.ok((valueOf(text, `sallyport_${series}_seconds_count{target="workbench"}`) ?? 0) >= 3, series);
  for (const series of ['sallyport_journal_position', 'process_resident_memory_bytes', 'sallyport_journal_batch_events_count'])
    assert.ok((valueOf(text, series) ?? 0) > 0, series);
  assert.match(text, /sallyport_policy\{version="[0-9a-f]{64}"\} 1\n/);
  assert.doesNotMatch(text, /tester|someone|held_write|"owner"/, 'no subject, no argument, no tool');
});

test('promtool finds nothing wrong with the text format, and Prometheus reads the OpenMetrics as such', async () => {
  const lint = spawnSync('/usr/bin/promtool', ['check', 'metrics'], { input: await scrape(), encoding: 'utf8' });
  assert.equal(lint.stderr + lint.stdout, '');
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-metrics-'));
  try {
    // Its importer reads OpenMetrics strictly, and wants a time for each sample.
    const timed = (await scrape('application/openmetrics-text')).replaceAll(/^([a-z].*)$/gm, '$1 1767225600');
    const read = (text: string) => {
      writeFileSync(join(folder, 'metrics'), text);
      return spawnSync('/usr/bin/promtool', ['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'metrics'), join(folder, 'blocks')], {
        encoding: 'utf8',
      });
    };
    const taken = read(timed);
    assert.equal(taken.status, 0, taken.stderr);
    assert.notEqual(read(timed.replace('# EOF\n', '')).status, 0, 'it does look');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the rules that the documentation proposes are rules of Prometheus, and ask for metrics that there are', async () => {
  const page = await readFile(new URL('../../docs/observability.md', import.meta.url), 'utf8');
  const rules = /```yaml\n# sallyport-rules\.yml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-rules-'));
  try {
    writeFileSync(join(folder, 'rules.yml'), rules);
    const checked = spawnSync('/usr/bin/promtool', ['check', 'rules', join(folder, 'rules.yml')], { encoding: 'utf8' });
    assert.equal(checked.status, 0, checked.stderr);
    assert.match(checked.stdout, /5 rules found/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const text = await scrape();
  const asked = [...rules.matchAll(/sallyport_[a-z_]+(?=[[{ )>])/g)].map(([name]) => name);
  assert.ok(asked.length >= 4);
  for (const name of asked) assert.ok(text.includes(`\n${name}`), name);
});
