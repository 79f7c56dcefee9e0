import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { slackSignature } from '../../notice/slack-signature.ts';
import { startReceiver, type Received, type Receiver } from '../../../test/support/receiver.ts';
import { until } from '../../../test/support/until.ts';
import { startTestApi, type TestApi } from '../testing.ts';

const SECRET = 'slack signing secret of this test';
let api: TestApi;
let slack: Receiver;
const clock = Date.parse('2026-11-21T12:00:00Z');
let tools = 0;

/** As Slack's Web API answers. U-MAIL is found by e-mail, U-GUEST claims the lead's address from another workspace. */
function answerAsSlack({ path, json, body }: Received) {
  const form = new URLSearchParams(body);
  const emails: Record<string, string> = { UMAIL: 'Lead@example.com', UGUEST: 'lead@example.com' };
  if (path === '/users.info') return { body: { ok: true, user: { id: form.get('user'), profile: { email: emails[form.get('user') ?? ''] } } } };
  if (path === '/users.lookupByEmail') return { body: { ok: true, user: { id: 'UMAIL' } } };
  if (path === '/chat.postMessage' && json.channel === 'CDOWN') return { status: 500 };
  return { body: { ok: true, ts: `1.${slack.received.length}`, channel: json.channel } };
}

before(async () => {
  process.env['SLACK_TEST_TOKEN'] = 'xoxb-test';
  process.env['SLACK_TEST_SECRET'] = SECRET;
  slack = await startReceiver(answerAsSlack);
  const settings = {
    token: { env: 'SLACK_TEST_TOKEN' },
    signingSecret: { env: 'SLACK_TEST_SECRET' },
    channels: { 'group:ml-leads': ['CLEADS'], 'group:others': ['COTHERS'] },
    people: { ULEAD: 'lead', 'lead@example.com': 'lead', USCIENTIST: 'scientist', UGONE: 'nobody', UCI: 'ci' },
    api: slack.url,
  };
  api = await startTestApi({ notify: [{ slack: settings }], now: () => clock });
});
after(async () => {
  await api.close();
  await slack.close();
});

interface Asked {
  readonly id: string;
  readonly message: Received;
  readonly value: string;
}

async function ask(shown?: string, tool = 'update'): Promise<Asked> {
  const { id } = await api.hold('scientist', `${tool}_${(tools += 1)}`, shown);
  const message = await until('the message', () =>
    slack.received.find(({ path, body }) => path === '/chat.postMessage' && body.includes(id) && body.includes('sallyport-approve')),
  );
  const actions = message.json.blocks.find(({ type }) => type === 'actions');
  return { id, message, value: actions?.elements[0]?.value ?? '' };
}

const click = (user: string, value: string, { action = 'sallyport-approve', reason = '' } = {}) => {
  const payload = {
    type: 'block_actions',
    user: { id: user },
    container: { channel_id: 'CLEADS', message_ts: '1.1' },
    actions: [{ action_id: action, value }],
    state: { values: { 'sallyport-reason': { 'sallyport-reason': { type: 'plain_text_input', value: reason === '' ? null : reason } } } },
  };
  return new URLSearchParams({ payload: JSON.stringify(payload), salt: String((tools += 1)) }).toString();
};

const seconds = () => String(Math.floor(clock / 1000));

function post(body: string, { timestamp = seconds(), secret = SECRET, signature = slackSignature(secret, timestamp, Buffer.from(body)) } = {}) {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'x-slack-request-timestamp': timestamp, 'x-slack-signature': signature };
  return api.call('/hooks/slack', { method: 'POST', raw: body, headers });
}

const statusOf = async (id: string) => (await api.approvals.get(id))?.status;
/** Messages to users are sent in the background. */
const told = (text: RegExp) =>
  until(`somebody to be told ${text}`, () => slack.received.find(({ path, json }) => path === '/chat.postEphemeral' && text.test(json.text)));

test('those who may answer are asked in their channel, with everything that decides and nothing that Slack would read as markup', async () => {
  const { id, message } = await ask('{"note":"<!channel> *bold* \u202E`code`"}');
  assert.equal(message.headers.authorization, 'Bearer xoxb-test');
  assert.equal(message.json.channel, 'CLEADS');
  assert.deepEqual([message.json.parse, message.json.mrkdwn], ['none', false]);
  const rich = message.json.blocks.filter(({ type }) => type === 'rich_text').map(({ elements }) => elements[0]);
  assert.ok(rich.every((element) => element?.type === 'rich_text_preformatted'));
  const preformatted = rich.map((element) => element?.elements[0]?.text ?? '');
  assert.equal(preformatted[1], '{"note":"<!channel> *bold* \\u{202e}`code`"}');
  for (const fact of ['person:scientist', 'changes-take-a-lead', 'risk', 'digest', id]) assert.ok(preformatted[0]?.includes(fact), fact);
  assert.ok(!JSON.stringify(message.json.blocks).includes('mrkdwn'));
});

test('a command too long for a message says so and shows its end', async () => {
  const { message } = await ask(`{"sql":"${'x'.repeat(9_000)}; DROP TABLE users"}`);
  assert.match(message.body, /; DROP TABLE users/);
  assert.match(message.body, /SHORTENED: .* The whole has 9028 characters, SHA-256 [0-9a-f]{64}/);
});

test('a known person approves with one click, once; the message loses its buttons', async () => {
  const { id, value } = await ask();
  assert.equal((await post(click('ULEAD', value, { reason: 'looks right' }))).status, 200);
  assert.equal(await statusOf(id), 'granted');
  assert.partialDeepStrictEqual((await api.approvals.get(id))?.answers, [{ approver: { name: 'lead' }, reason: 'looks right' }]);
  const update = await until('the update', () => slack.received.find(({ path, body }) => path === '/chat.update' && body.includes(id)));
  assert.ok(update.body.includes('granted') && !update.body.includes('sallyport-approve'));
  assert.equal((await post(click('ULEAD', value))).status, 200);
  await told(/not answered: the approval is granted already/);
});

test('a person is found by e-mail; a guest who brings the same address is not', async () => {
  const { id, value } = await ask();
  await post(click('UGUEST', value));
  assert.equal(await statusOf(id), 'pending');
  await post(click('UMAIL', value, { action: 'sallyport-deny' }));
  assert.equal(await statusOf(id), 'denied');
});

for (const [who, user] of [
  ['the requester', 'USCIENTIST'],
  ['a workload', 'UCI'],
  ['a person who is gone', 'UGONE'],
  ['a user whom nobody configured', 'UOTHER'],
  ['a user named like a member of every object', 'constructor'],
] as const) {
  test(`${who} does not answer from Slack, a lead does`, async () => {
    const { id, value } = await ask();
    assert.equal((await post(click(user, value))).status, 200);
    assert.equal(await statusOf(id), 'pending');
    await post(click('ULEAD', value));
    assert.equal(await statusOf(id), 'granted');
  });
}

test('a click is for the command that was shown: with another digest it answers nothing', async () => {
  const { id, value } = await ask();
  const other = await ask('{"another":1}');
  await post(click('ULEAD', `${id} ${'0'.repeat(64)}`));
  await post(click('ULEAD', id));
  assert.equal(await statusOf(id), 'pending');
  assert.equal(await statusOf(other.id), 'pending');
  await post(click('ULEAD', value));
  assert.equal(await statusOf(id), 'granted');
});

test('what is not signed by Slack over these very bytes, in these five minutes, for the first time is refused', async () => {
  const { id, value } = await ask();
  const body = click('ULEAD', value);
  const now = Math.floor(clock / 1000);
  const refused: readonly [string, Promise<{ status: number }>][] = [
    ['another body', post(body, { signature: slackSignature(SECRET, seconds(), Buffer.from(`${body}&x=1`)) })],
    ['another secret', post(body, { secret: 'guessed' })],
    ['no signature', post(body, { signature: '' })],
    ['a signature cut short', post(body, { signature: slackSignature(SECRET, seconds(), Buffer.from(body)).slice(0, 20) })],
    ['upper case', post(body, { signature: slackSignature(SECRET, seconds(), Buffer.from(body)).toUpperCase() })],
    ['ten minutes old', post(body, { timestamp: String(now - 600) })],
    ['ten minutes ahead', post(body, { timestamp: String(now + 600) })],
    ['no time', post(body, { timestamp: '' })],
    ['a time that is none', post(body, { timestamp: '1e9' })],
    ['another time', post(body, { timestamp: String(now - 1), signature: slackSignature(SECRET, seconds(), Buffer.from(body)) })],
  ];
  for (const [what, reply] of refused) assert.equal((await reply).status, 401, what);
  assert.equal(await statusOf(id), 'pending');
  assert.equal((await post(body)).status, 200);
  assert.equal(await statusOf(id), 'granted');
  assert.equal((await post(body)).status, 401, 'the same request once more');
});

test('where a reason is required, a click without one answers nothing and says so; one with a reason answers', async () => {
  const { id, value } = await ask(undefined, 'delete');
  await post(click('ULEAD', value));
  await told(/not answered: this approval takes a reason/);
  assert.equal(await statusOf(id), 'pending');
  await post(click('ULEAD', value, { reason: 'the owner asked' }));
  assert.equal(await statusOf(id), 'granted');
});

test('what Slack sends that is no click is taken and changes nothing; what could be read in two ways is refused', async () => {
  for (const payload of [
    '{}',
    '[]',
    '{"type":"view_submission"}',
    '{"type":"block_actions","actions":[]}',
    '{"type":"block_actions","actions":[{"action_id":"other"}]}',
  ])
    assert.equal((await post(new URLSearchParams({ payload, n: String((tools += 1)) }).toString())).status, 200, payload);
  assert.equal((await post('payload=%7B%22a%22%3A1%2C%22a%22%3A2%7D')).status, 400);
  assert.equal((await api.call('/hooks/slack')).status, 404);
});
