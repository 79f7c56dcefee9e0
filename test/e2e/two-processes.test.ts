/** Two gateway processes on one PostgreSQL, as an operator runs replicas. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openAccounts } from '../../src/identity/accounts.ts';
import { openStorage } from '../../src/storage/storage.ts';
import { signIn, type Api } from '../support/api.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gateway.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { callRaw } from '../support/raw.ts';
import { until } from '../support/until.ts';
import { startWorkbench, type Workbench } from '../support/workbench.ts';

const PASSWORD = 'a-password-of-this-test-only';
let postgres: TestPostgres | undefined;
let workbench: Workbench;
let one: GatewayProcess;
let two: GatewayProcess;

before(async () => {
  postgres = await startPostgres();
  assert.ok(postgres, 'the PostgreSQL server is not installed: apt-get install postgresql');
  workbench = await startWorkbench();
  const storage = await openStorage({ url: postgres.url });
  const accounts = openAccounts(storage, { recorder: { append: () => Promise.reject(new Error('nothing is recorded here')) } });
  await accounts.create({ name: 'scientist', kind: 'person', groups: ['staff'], password: PASSWORD });
  await accounts.create({ name: 'lead', kind: 'person', groups: ['leads'], password: PASSWORD });
  await storage.close();
  const rules = [{ name: 'writes', subjects: ['group:staff'], review: ['tools/call held_write'], approval: { from: ['group:leads'] } }];
  const resources = [
    { kind: 'Target', name: 'workbench', protocol: 'mcp', address: workbench.url, owners: ['group:leads'] },
    { kind: 'Policy', name: 'workbench', targets: ['workbench'], rules },
  ];
  one = await startGatewayProcess({ resources, config: { database: postgres.url } });
  two = await startGatewayProcess({ resources, config: { database: postgres.url } });
});
after(async () => {
  await Promise.all([one?.stop(), two?.stop()]);
  await workbench?.close();
  await postgres?.stop();
});

const held = (lead: Api, key: string) => until('the held call', async () => (await lead.approvals()).find(({ shown }) => shown.includes(`"${key}"`))?.id);

test('a call held in one process is approved through the other and proceeds, once', async () => {
  const token = await (await signIn(one.url, 'scientist', PASSWORD)).token('workbench');
  const reply = callRaw(one.endpoint('workbench'), token, 'held_write', { key: 'across' });
  const lead = await signIn(two.url, 'lead', PASSWORD);
  await lead.answer(await held(lead, 'across'), 'approve');
  assert.equal((await reply).message.result?.content?.[0]?.text, 'written: across');
  assert.deepEqual(workbench.written, ['across']);
});

test('a call whose process is killed while it waits is still pending in the other, is approved there, and ran in neither', async () => {
  const token = await (await signIn(one.url, 'scientist', PASSWORD)).token('workbench');
  const lost = callRaw(one.endpoint('workbench'), token, 'held_write', { key: 'survives' }).catch(() => undefined);
  const lead = await signIn(two.url, 'lead', PASSWORD);
  const id = await held(lead, 'survives');
  await one.kill();
  await lost;
  assert.equal((await lead.answer(id, 'approve')).status, 'granted');
  assert.deepEqual(workbench.written, ['across']);
});
