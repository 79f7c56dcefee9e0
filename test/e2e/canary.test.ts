import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { startModelsServer } from '../../examples/models/server.ts';
import { signIn, type Api } from '../support/api.ts';
import { modelsResources } from '../support/demo-resources.ts';
import { startGatewayProcess } from '../support/gateway.ts';
import { callRaw, sendRaw } from '../support/raw.ts';
import { until } from '../support/until.ts';
import { startWorkbench } from '../support/workbench.ts';

const hex = (bytes: number): string => randomBytes(bytes).toString('hex');
const MODELS_TOKEN = hex(20);
const LEAD = { name: 'lead', kind: 'person' as const, groups: ['ml-leads'], password: hex(12) };

/** Made at random, of shapes that the detectors know; they travel in arguments and come back in replies. */
const CANARIES = {
  key: `AKIA${randomBytes(16)
    .toString('base64')
    .replace(/[^A-Z2-7]/g, 'Q')
    .padEnd(16, 'Z')
    .slice(0, 16)}`,
  email: `canary-${hex(6)}@mail.example.com`,
  card: '4012 8888 8888 1881',
  ssn: '536-22-8726',
  password: `Heron-${hex(8)}`,
  url: `postgres://app:${hex(10)}@db.example.com/prod`,
};

test('a secret in a reply or an argument is found nowhere: not in the data, not in logs, not in errors, not in the replay', async (t) => {
  const [models, workbench] = await Promise.all([startModelsServer({ token: MODELS_TOKEN }), startWorkbench()]);
  t.after(() => Promise.all([models.close(), workbench.close()]));
  const masks = [{ fields: ['$..password'] }, { detect: ['email', 'credit-card', 'us-ssn', 'secret'] }];
  const rules = [
    { name: 'testers', subjects: ['group:data-science'], allow: ['tools/list', 'tools/call echo', 'tools/call fail'] },
    { name: 'ask', subjects: ['group:data-science'], review: ['tools/call held_write'], approval: { from: ['group:ml-leads'] } },
  ];
  const gateway = await startGatewayProcess({
    env: { MODELS_TOKEN },
    accounts: [LEAD],
    resources: [
      ...(await modelsResources(models.url, { bearer: { env: 'MODELS_TOKEN' } })),
      { kind: 'Target', name: 'workbench', protocol: 'mcp', address: workbench.url, owners: ['group:ml-leads'] },
      { kind: 'Policy', name: 'workbench', targets: ['workbench'], rules, masks },
    ],
  });
  t.after(() => gateway.stop());
  const lead = await signIn(gateway.url, LEAD.name, LEAD.password);
  const subject = { sub: 'scientist', groups: ['data-science'] };
  const [modelsToken, workbenchToken] = await Promise.all([gateway.token(subject, 'models'), gateway.token(subject, 'workbench')]);
  const heard: string[] = [];
  const call = async (target: 'models' | 'workbench', tool: string, args: object): Promise<string> => {
    const reply = await callRaw(gateway.endpoint(target), target === 'models' ? modelsToken : workbenchToken, tool, args);
    heard.push(reply.text);
    return reply.text;
  };

  for (const tool of ['list_models', 'list_api_keys']) await call('models', tool, {});
  await call('models', 'get_model_metadata', { model: 'churn' });
  await call('models', 'read_training_data', { model: 'churn' });
  for (const value of Object.values(CANARIES).map(inSentence)) {
    await call('workbench', 'echo', { value });
    await call('workbench', 'fail', { message: value });
  }
  await call('workbench', 'echo', { value: JSON.stringify({ password: CANARIES.password }) });
  heard.push((await sendRaw(gateway.endpoint('workbench'), `${workbenchToken}x`, 'tools/list')).text);
  const held = call('workbench', 'held_write', { key: inSentence(CANARIES.url) });
  const approval = await until('the approval', async () => (await lead.approvals())[0]);
  await lead.answer(approval.id, 'approve');
  await held;

  const secrets = { ...CANARIES, modelsCredential: MODELS_TOKEN, signInPassword: LEAD.password, modelsToken, workbenchToken };
  const planted = [...Object.entries(secrets), ...models.state.secrets.map((secret) => [secret, secret] as const)];
  const leaks = (text: string): string[] => planted.filter(([, secret]) => text.includes(secret)).map(([name]) => name);
  const replay = await until('the replay', async () => {
    const text = await replayed(lead);
    return text.includes('held_write') ? text : undefined;
  });

  await t.test('the workload did run: the record shows what was called', () => {
    const called = ['list_models', 'list_api_keys', 'get_model_metadata', 'read_training_data', 'echo', 'fail', 'held_write'];
    assert.deepEqual(
      called.filter((tool) => !replay.includes(`tools/call ${tool}`)),
      [],
    );
  });
  await t.test('not in what the caller heard', () => assert.deepEqual(leaks(heard.join('\n')), []));
  await t.test('not in what approvers see', () => assert.deepEqual(leaks(JSON.stringify(approval)), []));
  await t.test('not in the replay', () => assert.deepEqual(leaks(replay), []));
  await t.test("not in the gateway's output", () => assert.deepEqual(leaks(gateway.output()), []));
  await t.test('not in any file of the data folder', async () => {
    const files = await readdir(join(gateway.folder, 'data'), { recursive: true, withFileTypes: true });
    const found: string[] = [];
    for (const file of files.filter((entry) => entry.isFile())) {
      const path = join(file.parentPath, file.name);
      found.push(...readings(await readFile(path)).flatMap((text) => leaks(text).map((name) => `${name} in ${file.name}`)));
    }
    assert.ok(files.length > 0);
    assert.deepEqual(found, []);
  });
});

/** Near words that name it, as people write. */
const inSentence = (secret: string): string => `the password is ${secret} and that is secret`;

async function replayed(lead: Api): Promise<string> {
  const sessions = await lead.sessions();
  return JSON.stringify(await Promise.all(sessions.map(({ id }) => lead.session(id))));
}

/** The bytes as they are, and as what they may be compressed from. */
function readings(bytes: Buffer): string[] {
  const unpacked = [gunzipSync, inflateSync, zstdDecompressSync].flatMap((unpack) => {
    try {
      return [unpack(bytes)];
    } catch {
      return [];
    }
  });
  return [bytes, ...unpacked].map((buffer) => buffer.toString('latin1'));
}
