/** Attacks on approvals through two whole gateways on one PostgreSQL: real tokens, real policy, a target that says what reached it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PASSWORD, startPair, type Pair } from '../support/pair.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import type { RawReply } from '../support/raw.ts';
import { openCaller, sendModern } from '../support/relay/caller.ts';
import { startScriptedServer, text, tool, type ScriptedServer } from '../support/relay/upstream.ts';
import { until } from '../support/until.ts';
import type { Api } from '../support/api.ts';

const ACCOUNTS = [
  { name: 'scientist', kind: 'person', groups: ['staff', 'leads'] },
  { name: 'colleague', kind: 'person', groups: ['staff'] },
  { name: 'lead', kind: 'person', groups: ['leads'] },
  { name: 'second', kind: 'person', groups: ['leads'] },
  { name: 'owner', kind: 'person', groups: ['owners'] },
  { name: 'responder', kind: 'person', groups: ['staff'] },
  { name: 'auditor', kind: 'person', groups: ['auditors'] },
  { name: 'ci', kind: 'workload', groups: ['staff', 'leads', 'owners'] },
] as const;

let postgres: TestPostgres | undefined;
let server: ScriptedServer;
let pair: Pair;
let n = 0;

const TARGET = { kind: 'Target', name: 'bench', protocol: 'mcp', owners: ['group:owners'] };
const RULES = [
  { name: 'read', subjects: ['group:staff'], allow: ['tools/list', 'tools/call read', 'stream/listen'] },
  { name: 'writes', subjects: ['group:staff'], review: ['tools/call write*'], approval: { from: ['group:leads'] } },
  { name: 'drops', subjects: ['group:staff'], review: ['tools/call drop'], approval: { from: ['group:leads'], quorum: 2 } },
];
const resources = (rules: readonly object[] = RULES, address = server.url): object[] => [
  { ...TARGET, address },
  { ...TARGET, name: 'other', address, owners: ['person:boss'] },
  { kind: 'Policy', name: 'bench', targets: ['*'], rules, breakGlass: { by: ['person:responder'], review: ['group:auditors'] } },
];

before(async () => {
  postgres = await startPostgres();
  assert.ok(postgres, 'the PostgreSQL server is not installed: apt-get install postgresql');
  server = await startScriptedServer(['read', 'write', 'write_more', 'drop', 'slow'].map((name) => tool(name, { n: {}, value: {} })));
  server.on('tools/call', (turn) => turn.result(text('done')));
  pair = await startPair({ resources: resources(), accounts: ACCOUNTS, database: postgres.url });
});
after(async () => {
  await pair?.stop();
  await server?.close();
  await postgres?.stop();
});

/** Both gateways have the policy under which this command is so decided. */
async function setPolicy(rules: readonly object[], command: string, effect: string): Promise<void> {
  await pair.setResources(resources(rules));
  const asked = { subject: 'person:scientist', groups: ['staff'], target: 'bench', command, args: {} };
  for (const replica of [pair.one, pair.two])
    await until('the policy', async () => ((await post(await replica.as('owner'), 'policy/explain', asked)).json['effect'] === effect ? true : undefined));
}

const ran = (value: number): number => server.asked('tools/call').filter(({ message }) => argumentsOf(message).n === value).length;
/** What the scripted target was sent. */
const argumentsOf = (message: { readonly params: { readonly arguments: object } }): { readonly n?: number } => message.params.arguments;
const textOf = ({ message, text: raw }: RawReply): string => message.result?.content?.[0]?.text ?? message.error?.message ?? raw;

interface Held {
  readonly n: number;
  readonly id: string;
  readonly reply: Promise<RawReply>;
  /** The same call again. */
  again(): Promise<RawReply>;
}

/** A call of the scientist's that waits on gateway one; the id is what the lead sees on gateway two. */
async function hold(name = 'write', who = 'scientist'): Promise<Held> {
  const value = (n += 1);
  const again = (): Promise<RawReply> => pair.one.call(who, name, { n: value });
  const reply = again();
  const lead = await pair.two.as('second');
  const { id } = await until('the held call', async () => (await lead.approvals()).find(({ shown }) => shown.includes(`"n":${value}}`)));
  return { n: value, id, reply, again };
}

const post = async (api: Api, path: string, body: object): Promise<{ status: number; json: Record<string, string> }> => {
  const reply = await api.raw(path, { method: 'POST', body: JSON.stringify(body) });
  return { status: reply.status, json: (await reply.json()) as Record<string, string> };
};
const lock = async (kind: string, name: string, by = 'owner') => post(await pair.two.as(by), 'locks', { kind, name, reason: 'tested' });
const unlock = async (kind: string, name: string) => post(await pair.two.as('owner'), 'locks/lift', { kind, name });

test('two gateways on one database: a call held on one is approved through the other, and proceeds', async () => {
  const held = await hold();
  assert.equal((await (await pair.two.as('lead')).answer(held.id, 'approve')).status, 'granted');
  assert.equal(textOf(await held.reply), 'done');
  assert.equal(ran(held.n), 1);
});

test('two gateways race: the same approved call sent to both runs once, and both hear its result', async () => {
  const held = await hold();
  const elsewhere = Array.from({ length: 4 }, () => pair.two.call('scientist', 'write', { n: held.n }));
  await (await pair.one.as('lead')).answer(held.id, 'approve');
  const heard = (await Promise.all([held.reply, ...elsewhere])).map(textOf);
  assert.equal(ran(held.n), 1);
  assert.ok(heard.includes('done'));
  for (const each of heard) assert.match(each, /^done$|APPROVAL_EXECUTING/);
});

test('self-approval by an account in the approving group is refused through every gateway', async () => {
  const held = await hold();
  for (const replica of [pair.one, pair.two]) await assert.rejects((await replica.as('scientist')).answer(held.id, 'approve'), /403/);
  await (await pair.two.as('lead')).answer(held.id, 'deny');
  assert.match(textOf(await held.reply), /APPROVAL_DENIED/);
  assert.equal(ran(held.n), 0);
});

test('a workload in the approving group, an owner and a colleague answer nothing', async () => {
  const held = await hold();
  const token = (await (await fetch(`${pair.two.url}/api/sign-in`, signIn('ci'))).json()) as { token?: string };
  for (const who of ['owner', 'colleague']) await assert.rejects((await pair.two.as(who)).answer(held.id, 'approve'), /404/);
  if (token.token !== undefined) {
    const reply = await fetch(`${pair.two.url}/api/approvals/${held.id}/approve`, { method: 'POST', headers: { authorization: `Bearer ${token.token}` } });
    assert.ok([401, 403, 404].includes(reply.status));
  }
  await (await pair.two.as('lead')).answer(held.id, 'approve');
  assert.equal(textOf(await held.reply), 'done');
});

const signIn = (name: string) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ name, password: PASSWORD, client: 'cli' }),
});

test('one lead is not two, on whichever gateway they answer', async () => {
  const held = await hold('drop');
  assert.equal((await (await pair.one.as('lead')).answer(held.id, 'approve')).status, 'pending');
  assert.equal((await (await pair.two.as('lead')).answer(held.id, 'approve')).status, 'pending');
  assert.equal(ran(held.n), 0);
  await (await pair.two.as('second')).answer(held.id, 'approve');
  assert.equal(textOf(await held.reply), 'done');
});

test('approve A, run B: changed arguments and another tool are asked anew', async () => {
  const held = await hold();
  await (await pair.two.as('lead')).answer(held.id, 'approve');
  assert.equal(textOf(await held.reply), 'done');
  const other = await hold('write_more');
  assert.notEqual(other.id, held.id);
  await (await pair.two.as('lead')).answer(other.id, 'deny');
  assert.match(textOf(await other.reply), /APPROVAL_DENIED/);
  assert.equal(ran(other.n), 0);
});

test('replay: the approved call again hears its recorded result through either gateway, and does not run', async () => {
  const held = await hold();
  await (await pair.two.as('lead')).answer(held.id, 'approve');
  await held.reply;
  const again = [await held.again(), await pair.two.call('scientist', 'write', { n: held.n })];
  for (const each of again) assert.equal(textOf(each), 'done');
  assert.equal(ran(held.n), 1);
});

test('a policy that changed between approval and execution refuses what was approved under the old one', async () => {
  const held = await hold();
  await setPolicy([...RULES, { name: 'no-writes', deny: ['tools/call write'] }], 'tools/call write', 'deny');
  await (await pair.two.as('lead')).answer(held.id, 'approve');
  assert.match(textOf(await held.reply), /DENIED/);
  assert.equal(ran(held.n), 0);
  await setPolicy(RULES, 'tools/call write', 'review');
});

test('an approver who is locked after the yes takes the yes along', async () => {
  const held = await hold('drop');
  await (await pair.two.as('lead')).answer(held.id, 'approve');
  assert.equal((await lock('subject', 'person:lead')).status, 201);
  await (await pair.two.as('second')).answer(held.id, 'approve');
  assert.match(textOf(await held.reply), /APPROVAL_WITHDRAWN/);
  assert.equal(ran(held.n), 0);
  await unlock('subject', 'person:lead');
});

test('a locked approver is signed out everywhere and answers nothing; after the lock they answer', async () => {
  const held = await hold();
  await lock('subject', 'lead');
  for (const replica of [pair.one, pair.two])
    await until('the lock', async () => ((await (await replica.as('lead')).raw('me')).status === 401 ? true : undefined));
  assert.equal((await fetch(`${pair.one.url}/api/sign-in`, signIn('lead'))).status, 401);
  await assert.rejects((await pair.one.as('lead')).answer(held.id, 'approve'), /401/);
  await unlock('subject', 'lead');
  await until('the lock to be lifted', async () => ((await (await pair.one.as('lead')).raw('me')).status === 200 ? true : undefined));
  await (await pair.one.as('lead')).answer(held.id, 'approve');
  assert.equal(textOf(await held.reply), 'done');
});

test('a requester who is locked while the call waits hears so at once, is let in nowhere, and an approval does not help', async () => {
  const held = await hold();
  await lock('subject', 'person:scientist');
  assert.match(textOf(await held.reply), /DENIED by rule "lock".*person:scientist is locked: tested/);
  const token = await fetch(`${pair.one.url}/api/sign-in`, signIn('scientist'));
  assert.equal(token.status, 401);
  await (await pair.two.as('lead')).answer(held.id, 'approve');
  assert.equal(ran(held.n), 0);
  await unlock('subject', 'person:scientist');
  await until('the lock to be lifted', async () => ((await (await pair.one.as('scientist')).raw('me')).status === 200 ? true : undefined));
  assert.equal(textOf(await held.again()), 'done');
});

test('a call that is running when its target is locked is cut off, in the other process, and its result is never seen', async () => {
  let finish = (): void => {};
  server.on('tools/call slow', (turn) => void (finish = () => turn.result(text('secret result'))));
  await setPolicy([...RULES, { name: 'slow', subjects: ['group:staff'], allow: ['tools/call slow'] }], 'tools/call slow', 'allow');
  const running = pair.one.call('scientist', 'slow', { n: 0 });
  const turn = await server.heard('tools/call slow');
  await lock('target', 'bench');
  const reply = await running;
  assert.match(textOf(reply), /target bench is locked/);
  await until('the target to hear of it', () => (turn.gone() ? true : undefined));
  finish();
  assert.doesNotMatch(reply.text, /secret result/);
  assert.match(textOf(await pair.one.call('scientist', 'read')), /target bench is locked/);
  await unlock('target', 'bench');
  await until('the lock to be lifted', async () => (textOf(await pair.one.call('scientist', 'read')) === 'done' ? true : undefined));
  await setPolicy(RULES, 'tools/call slow', 'deny');
});

test('a standing stream ends when its subject is locked in the other process, and its session is closed in the record', async () => {
  server.on('GET', (turn) => turn.stream());
  const token = await (await pair.one.as('colleague')).token('bench');
  const caller = await openCaller(`${pair.one.url}/mcp/bench`, token);
  const stream = await caller.listen();
  assert.equal(stream.status, 200);
  await server.heard('GET');
  await lock('subject', 'person:colleague');
  await stream.rest();
  assert.equal((await caller.send({ jsonrpc: '2.0', id: 9, method: 'tools/list' })).status, 401);
  await until('the end of the session in the record', async () => {
    const closed = await pair.storage.db.selectFrom('events').select('id').where('kind', '=', 'session.closed').where('target', '=', 'bench').execute();
    return closed.length > 0 ? true : undefined;
  });
  await unlock('subject', 'person:colleague');
  await until('the lock to be lifted', async () => ((await (await pair.one.as('colleague')).raw('me')).status === 200 ? true : undefined));
});

test('a session that is locked in the other process does nothing more, and goes on once the lock is lifted', async () => {
  const caller = await openCaller(`${pair.one.url}/mcp/bench`, await (await pair.one.as('colleague')).token('bench'));
  const read = async (): Promise<string> => JSON.stringify(await caller.call('read'));
  assert.match(await read(), /done/);
  const owner = await pair.one.as('owner');
  const id = await until('the session', async () => (await owner.sessions()).find(({ subject }) => subject === 'colleague')?.id);
  assert.equal((await lock('session', id, 'lead')).status, 403);
  assert.equal((await lock('session', id)).status, 201);
  await until('the lock', async () => ((await read()).includes(`session ${id} is locked`) ? true : undefined));
  assert.equal(textOf(await pair.one.call('scientist', 'read')), 'done');
  await unlock('session', id);
  await until('the lock to be lifted', async () => ((await read()).includes('done') ? true : undefined));
});

test('who may lock: owners their targets and any subject; nobody else anything', async () => {
  assert.equal((await lock('target', 'other')).status, 404);
  assert.equal((await lock('target', 'absent')).status, 404);
  for (const who of ['scientist', 'lead']) assert.equal((await lock('subject', 'person:colleague', who)).status, 403);
  assert.equal((await lock('session', '01ARZ3NDEKTSV4RRFFQ69G5FAV')).status, 404);
  assert.equal((await lock('subject', 'person:colleague\u200b')).status, 400);
  assert.equal((await lock('subject', 'person:COLLEAGUE')).status, 201);
  assert.equal((await lock('subject', 'person:COLLEAGUE')).status, 409);
  await until('the lock', async () => ((await fetch(`${pair.one.url}/api/sign-in`, signIn('colleague'))).status === 401 ? true : undefined));
  assert.equal((await unlock('subject', 'person:COLLEAGUE')).status, 200);
  assert.equal((await unlock('subject', 'person:COLLEAGUE')).status, 404);
  await until('the lock to be lifted', async () => ((await fetch(`${pair.one.url}/api/sign-in`, signIn('colleague'))).status === 200 ? true : undefined));
});

const ASK = { target: 'bench', command: 'tools/call write*', for: '30m', reason: 'nightly evaluation' };

test('a window: the requester cannot open it, a lead can, and then its commands run on both gateways and name it in the record', async () => {
  const colleague = await pair.one.as('colleague');
  const { status, json } = await post(colleague, 'windows', { ...ASK, constraint: 'args.n < 1000000' });
  assert.deepEqual([status, json['status'], json['command']], [201, 'pending', 'window tools/call write*']);
  const id = json['id'] ?? '';
  await assert.rejects(colleague.answer(id, 'approve'), /403/);
  await (await pair.two.as('lead')).answer(id, 'approve');
  for (const replica of [pair.one, pair.two]) assert.equal(textOf(await replica.call('colleague', 'write', { n: (n += 1) })), 'done');
  const leaves = await until('both commands in the record', async () => {
    const rows = await pair.storage.db.selectFrom('events').select('leaf').where('approval', '=', id).where('kind', '=', 'command.forwarded').execute();
    return rows.length === 2 ? rows.map(({ leaf }) => leaf) : undefined;
  });
  for (const leaf of leaves) assert.ok(leaf.includes(`by window ${id}`), leaf);
  const outside = pair.one.call('colleague', 'write', { n: 2_000_000 });
  const other = await until('the call that is not covered', async () =>
    (await (await pair.two.as('lead')).approvals()).find(({ shown }) => shown.includes('2000000')),
  );
  await (await pair.two.as('lead')).answer(other.id, 'deny');
  assert.match(textOf(await outside), /APPROVAL_DENIED/);
  await (await pair.two.as('lead')).answer(id, 'withdraw');
  const held = await hold('write', 'colleague');
  await (await pair.two.as('lead')).answer(held.id, 'deny');
  assert.match(textOf(await held.reply), /APPROVAL_DENIED/);
});

test('a window is asked for by a caller with an access token only, too, and not for what no review rule is about', async () => {
  const token = await (await pair.one.as('colleague')).token('bench');
  const send = (body: object, bearer = token) =>
    fetch(`${pair.one.url}/api/windows`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
      body: JSON.stringify(body),
    });
  assert.equal((await send({ ...ASK, for: '10m' })).status, 201);
  assert.equal((await send({ ...ASK, command: 'tools/call read' })).status, 400);
  assert.equal((await send({ ...ASK, for: '48h' })).status, 400);
  assert.equal((await send({ ...ASK, constraint: 'args.' })).status, 400);
  assert.equal((await send({ ...ASK, target: 'other' })).status, 401);
  assert.equal((await send(ASK, `${token}x`)).status, 401);
});

test('a running call ends with its window', async () => {
  server.on('tools/call write_more', () => {});
  const colleague = await pair.one.as('colleague');
  const { json } = await post(colleague, 'windows', { ...ASK, command: 'tools/call write_more', for: '2s' });
  await (await pair.two.as('lead')).answer(json['id'] ?? '', 'approve');
  const reply = await pair.one.call('colleague', 'write_more', { n: (n += 1) });
  assert.match(textOf(reply), /the access window .* ended/);
});

test('a standing stream that people agreed to ahead stays open in its window, and ends with it or when it is taken back', async () => {
  server.on('subscriptions/listen', (turn) => {
    turn.stream();
    turn.event({ jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params: {} });
  });
  const watched = 'subscriptions/listen';
  const held = { name: 'watching', subjects: ['group:staff'], review: [watched, 'resources/read file:///*'], approval: { from: ['group:leads'] } };
  await setPolicy([...RULES, held], 'resources/read file:///a', 'review');
  const colleague = await pair.one.as('colleague');
  const token = await colleague.token('bench');
  for (const ends of ['withdrawn', 'over'] as const) {
    const { json } = await post(colleague, 'windows', { ...ASK, command: '*', for: ends === 'over' ? '3s' : '10m' });
    const id = json['id'] ?? '';
    for (const who of ['lead', 'second']) await (await pair.two.as(who)).answer(id, 'approve');
    const stream = await sendModern(`${pair.one.url}/mcp/bench`, token, watched, { notifications: { resourceSubscriptions: ['file:///a'] } });
    assert.equal((await stream.message()).method, 'notifications/subscriptions/acknowledged');
    const turn = server.asked(watched).at(-1) ?? assert.fail('nothing was sent');
    // The gateway has looked at it twice since.
    await new Promise((resolve) => setTimeout(resolve, 1200));
    turn.event({ jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri: 'file:///a' } });
    assert.equal((await stream.message()).params.uri, 'file:///a');
    if (ends === 'withdrawn') await (await pair.two.as('lead')).answer(id, 'withdraw');
    await stream.rest();
    await until('the target to hear of it', () => (turn.gone() ? true : undefined));
  }
  await setPolicy(RULES, 'resources/read file:///a', 'deny');
});

test('break-glass: a named responder runs at once with a reason, nobody else does, and an auditor closes the review', async () => {
  const emergency = { ...ASK, command: 'tools/call drop', breakGlass: true };
  assert.equal((await post(await pair.one.as('colleague'), 'windows', emergency)).status, 403);
  const responder = await pair.one.as('responder');
  assert.equal((await post(responder, 'windows', { ...emergency, reason: '' })).status, 400);
  assert.equal((await post(responder, 'windows', { ...emergency, for: '2h' })).status, 400);
  const { json } = await post(responder, 'windows', emergency);
  assert.equal(json['status'], 'granted');
  assert.equal(textOf(await pair.two.call('responder', 'drop', { n: (n += 1) })), 'done');
  const id = json['id'] ?? '';
  assert.equal((await post(responder, `reviews/${id}/close`, { finding: 'fine' })).status, 403);
  assert.equal(
    (await post(await pair.one.as('auditor'), `reviews/${id}/close`, { finding: 'one deployment was dropped, as reported' })).json['status'],
    'closed',
  );
});

test('break-glass never stands in for a deny', async () => {
  await post(await pair.one.as('responder'), 'windows', { ...ASK, command: 'tools/call *', breakGlass: true });
  await setPolicy([...RULES, { name: 'nobody-drops', deny: ['tools/call drop'] }], 'tools/call drop', 'deny');
  assert.match(textOf(await pair.one.call('responder', 'drop', { n: (n += 1) })), /nobody-drops/);
  assert.equal(textOf(await pair.one.call('responder', 'write', { n: (n += 1) })), 'done');
  await setPolicy(RULES, 'tools/call drop', 'review');
});

test('an answer needs the CSRF token of a browser, and opening the address answers nothing', async () => {
  const held = await hold();
  const signedIn = await fetch(`${pair.one.url}/api/sign-in`, { ...signIn('lead'), body: JSON.stringify({ name: 'lead', password: PASSWORD }) });
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
  assert.equal((await fetch(`${pair.one.url}/api/approvals/${held.id}/approve`, { method: 'POST', headers: { cookie } })).status, 403);
  assert.equal((await fetch(`${pair.one.url}/api/approvals/${held.id}/approve`, { headers: { cookie } })).status, 404);
  assert.equal(ran(held.n), 0);
  await (await pair.two.as('scientist')).answer(held.id, 'withdraw');
  assert.match(textOf(await held.reply), /APPROVAL_WITHDRAWN/);
});
