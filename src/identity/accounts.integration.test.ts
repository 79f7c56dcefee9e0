import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { isSallyportError } from '../core/error.ts';
import type { Event } from '../core/event.ts';
import { subjectKey, type Subject } from '../core/subject.ts';
import { openStorage, type Storage } from '../storage/storage.ts';
import { openAccounts, type Accounts } from './accounts.ts';
import { openDirectory, type Directory } from './directory.ts';
import { openConsents } from './oauth/consents.ts';
import { openRevocations, type Revocations } from './revocations.ts';
import { openSignIns, type SignIns } from './sign-ins.ts';

const PASSWORD = 'canary-Pa55word-for-tests';
const CLIENT = { address: '127.0.0.1', userAgent: 'test', id: 'console' };
const LEAD = { name: 'lead', kind: 'person', groups: ['ml-leads'], password: PASSWORD } as const;
const START = Date.parse('2026-11-21T12:00:00Z');

let folder: string;
let storage: Storage;
let accounts: Accounts;
let signIns: SignIns;
let directory: Directory;
let revocations: Revocations;
let events: Event[];
let now: number;

beforeEach(async () => {
  now = START;
  events = [];
  folder = await mkdtemp(join(tmpdir(), 'sallyport-accounts-'));
  storage = await openStorage({ url: join(folder, 'db') });
  const recorder = { append: (event: Event) => Promise.resolve(void events.push(event)) };
  accounts = openAccounts(storage, { recorder, now: () => now, cost: { N: 1024, r: 8, p: 1 } });
  [directory, revocations] = [await openDirectory({ storage, recorder, now: () => now }), await openRevocations({ storage, now: () => now })];
  signIns = openSignIns({ storage, directory, revocations, now: () => now });
});

afterEach(async () => {
  await Promise.all([directory.close(), revocations.close()]);
  await storage.close();
  await rm(folder, { recursive: true });
});

const kindOf = async (name: string, password: string): Promise<string> => (await accounts.verify(name, password, CLIENT)).kind;

test('the right password is the subject, a wrong one and an unknown name are refused alike, and each is recorded', async () => {
  const { subject } = await accounts.create(LEAD);
  assert.deepEqual(subject, { kind: 'person', id: 'lead', name: 'lead', groups: ['ml-leads'], issuer: 'local' });
  assert.deepEqual(await accounts.verify('lead', PASSWORD, CLIENT), { kind: 'ok', subject });
  assert.deepEqual(await accounts.verify('lead', 'wrong', CLIENT), { kind: 'refused' });
  assert.deepEqual(await accounts.verify('nobody', PASSWORD, CLIENT), { kind: 'refused' });
  assert.deepEqual(await accounts.verify('nobody\n', 'x'.repeat(5000), CLIENT), { kind: 'refused' });
  assert.deepEqual(
    events.map(({ kind, subject: who, note }) => [kind, who?.name, note]),
    [
      ['signin.succeeded', 'lead', undefined],
      ['signin.failed', 'lead', 'wrong password'],
      ['signin.failed', undefined, 'no such account'],
      ['signin.failed', undefined, 'no such account'],
    ],
  );
});

test('a made password is strong, opens the account, and is stored as a costly hash only', async () => {
  const costly = openAccounts(storage, { recorder: { append: () => Promise.resolve() } });
  const { password } = await costly.create({ name: 'ci', kind: 'workload', groups: ['ci'] });
  assert.match(password, /^[0-9a-z]{6}(?:-[0-9a-z]{6}){3}$/);
  assert.equal(await kindOf('ci', password), 'ok');
  const rows = JSON.stringify(await storage.db.selectFrom('accounts').selectAll().execute());
  assert.ok(!rows.includes(password));
  assert.match(rows, /scrypt\$32768\$8\$3\$/);
});

test('a name is taken once; names, groups and passwords that will not do are refused', async () => {
  await accounts.create(LEAD);
  await assert.rejects(accounts.create(LEAD), (error) => isSallyportError(error, 'conflict'));
  for (const more of [{ name: 'a:b' }, { name: 'a,b' }, { name: '' }, { groups: ['a\nb'] }, { password: 'short' }]) {
    await assert.rejects(accounts.create({ ...LEAD, name: 'other', ...more }), (error) => isSallyportError(error, 'usage'));
  }
});

test('after five failures the right password is refused as well, longer each time, and works again afterwards', async () => {
  await accounts.create(LEAD);
  for (let n = 0; n < 5; n += 1) assert.equal(await kindOf('lead', 'wrong'), 'refused');
  assert.equal(await kindOf('lead', PASSWORD), 'refused');
  assert.equal(events.at(-1)?.note, 'the account is locked after failures');
  now += 30_000;
  assert.equal(await kindOf('lead', 'wrong'), 'refused');
  now += 30_000;
  assert.equal(await kindOf('lead', PASSWORD), 'refused');
  now += 30_000;
  assert.equal(await kindOf('lead', PASSWORD), 'ok');
  assert.equal(await kindOf('lead', 'wrong'), 'refused');
  assert.equal(await kindOf('lead', PASSWORD), 'ok');
});

test('guesses sent all at once meet the lock like guesses one after the other', async () => {
  await accounts.create(LEAD);
  const guesses = [...Array.from({ length: 6 }, (_, n) => `wrong-${n}`), PASSWORD];
  const results = await Promise.all(guesses.map((guess) => kindOf('lead', guess)));
  assert.ok(!results.includes('ok'));
  const [row] = await storage.db.selectFrom('accounts').select('failures').execute();
  assert.equal(row?.failures, 5);
});

test('more attempts than can wait are turned away, and no account is locked by that', async () => {
  await accounts.create(LEAD);
  const results = await Promise.all(Array.from({ length: 20 }, () => kindOf('lead', PASSWORD)));
  assert.deepEqual([...new Set(results)].toSorted(), ['busy', 'ok']);
  assert.equal(results.filter((kind) => kind === 'ok').length, 16);
});

test('a sign-in that cannot be recorded does not happen', async () => {
  await accounts.create(LEAD);
  const broken = openAccounts(storage, { recorder: { append: () => Promise.reject(new Error('disk full')) } });
  await assert.rejects(broken.verify('lead', PASSWORD, CLIENT), /disk full/);
});

test('a sign-in is found by its secret for eight hours, whatever its use, and only its hash is kept', async () => {
  const { subject } = await accounts.create(LEAD);
  const { secret, csrf, id } = await signIns.start(subject);
  assert.deepEqual(await signIns.find(secret), { subject, csrf, id, expiresAt: START + 8 * 3_600_000 });
  for (const other of ['', id, `${secret}x`, secret.slice(1), csrf, secret.toLowerCase()]) assert.equal(await signIns.find(other), undefined);
  const rows = JSON.stringify(await storage.db.selectFrom('sign_ins').selectAll().execute());
  assert.ok(!rows.includes(secret));
  now += 8 * 3_600_000 - 1;
  assert.ok(await signIns.find(secret));
  now += 1;
  assert.equal(await signIns.find(secret), undefined);
});

test('a new sign-in ends the one before it; signing out ends its own and no other', async () => {
  const { subject } = await accounts.create(LEAD);
  const planted = await signIns.start(subject);
  const mine = await signIns.start(subject, { previous: planted.secret });
  const elsewhere = await signIns.start(subject);
  assert.equal(await signIns.find(planted.secret), undefined);
  assert.ok(revocations.hasEnded([planted.id]) && !revocations.hasEnded([mine.id, elsewhere.id]));
  await signIns.end(mine.secret);
  assert.ok(revocations.hasEnded(['another', mine.id]));
  assert.equal(await signIns.find(mine.secret), undefined);
  assert.equal(await signIns.current(mine.id), undefined);
  assert.ok(await signIns.find(elsewhere.secret));
});

test('a change of groups counts at once, and an account that is gone is signed out', async () => {
  const { subject } = await accounts.create(LEAD);
  const { secret } = await signIns.start(subject);
  await storage.db.updateTable('accounts').set({ member_of: '[]' }).execute();
  assert.deepEqual((await signIns.find(secret))?.subject.groups, []);
  await storage.db.deleteFrom('accounts').execute();
  assert.equal(await signIns.find(secret), undefined);
});

test('a person of the directory is signed in as the directory has them, and no longer once they were deactivated there', async () => {
  const ann: Subject = { issuer: 'https://idp.example', kind: 'person', id: '00u1', name: 'ann@example.com', groups: ['ml-leads'] };
  assert.equal(await signIns.find((await signIns.start(ann)).secret), undefined);
  await directory.signedIn(ann);
  const { secret } = await signIns.start(ann);
  assert.deepEqual((await signIns.find(secret))?.subject, ann);
  await directory.put({ ...ann, groups: [] });
  assert.deepEqual((await signIns.find(secret))?.subject.groups, []);
  await directory.deactivate(ann);
  assert.equal(await signIns.find(secret), undefined);
  await directory.put(ann);
  assert.equal(await signIns.find(secret), undefined);
  // An account of the same name is somebody else.
  await accounts.create({ ...LEAD, name: ann.id });
  assert.equal(await signIns.find(secret), undefined);
});

test('all sign-ins of a subject are ended at once, or those of one stay at its provider, and never those of another', async () => {
  const ann: Subject = { issuer: 'https://idp.example', kind: 'person', id: '00u1', name: 'ann@example.com', groups: [] };
  const bob = { ...ann, id: '00u2' };
  for (const each of [ann, bob]) await directory.signedIn(each);
  const [laptop, phone] = [await signIns.start(ann, { providerSession: 's1' }), await signIns.start(ann, { providerSession: 's2' })];
  const others = await signIns.start(bob, { providerSession: 's1' });
  assert.equal(await signIns.endWhere({ ...ann, providerSession: 's1' }), 1);
  assert.deepEqual([await signIns.find(laptop.secret), (await signIns.find(phone.secret))?.id], [undefined, phone.id]);
  assert.equal(await signIns.endWhere(ann), 1);
  assert.equal(await signIns.find(phone.secret), undefined);
  assert.ok(await signIns.find(others.secret));
  for (const none of [{ issuer: ann.issuer }, { issuer: 'https://other.example', providerSession: 's1' }, { ...bob, kind: 'workload' as const }])
    assert.equal(await signIns.endWhere(none), 0);
  assert.deepEqual(
    [laptop, phone, others].map(({ id }) => revocations.hasEnded([id])),
    [true, true, false],
  );
});

test('an account that is removed takes its sign-ins with it, and what was issued through them', async () => {
  const { subject } = await accounts.create(LEAD);
  const { secret, id } = await signIns.start(subject);
  assert.ok(await accounts.remove('lead'));
  await revocations.refresh();
  assert.ok(revocations.hasEnded([id]));
  assert.equal(await signIns.find(secret), undefined);
});

test('an account that is removed ends what was issued to it without a sign-in, also to who acts for it, and nobody else', async () => {
  const [{ subject }, { subject: other }] = [await accounts.create(LEAD), await accounts.create({ ...LEAD, name: 'other' })];
  const agent: Subject = { kind: 'ai-agent', id: 'helper', name: 'helper', groups: [], issuer: 'https://idp.example', onBehalfOf: subject };
  now += 1000;
  assert.ok(await accounts.remove('lead'));
  assert.ok(!(await accounts.remove('nobody')));
  await revocations.refresh();
  assert.deepEqual(
    [subject, agent, other, { ...agent, onBehalfOf: other }, { ...subject, issuer: 'https://idp.example' }].map((each) => revocations.hasLeft(each, START)),
    [true, true, false, false, false],
  );
  now += 1000;
  const { subject: again } = await accounts.create(LEAD);
  assert.deepEqual([revocations.hasLeft(again, now), revocations.hasLeft(again, START)], [false, true], 'by when it was issued');
});

test('whoever is given the name of a removed account starts with nothing that was the other’s', async () => {
  const { subject } = await accounts.create(LEAD);
  const [key, { db }] = [subjectKey(subject), storage];
  const consents = openConsents(storage, () => now);
  const question = { subject, clientId: 'c', redirectUri: 'https://app.example/cb', target: 'models', scope: 'mcp:read' };
  await consents.give(question);
  const times = { lease_until: 0, connected_at: now, changed_at: now };
  const held = { person_key: key, person: '{}', target: 'models', address: 'x', issuer: 'x', status: 'connected', sealed: 'tokens', key_id: 'k', version: 1 };
  await db
    .insertInto('connections')
    .values({ id: 'c1', ...held, lease_owner: null, ...times })
    .execute();
  await db
    .insertInto('connections')
    .values({ id: 'c2', ...held, person_key: 'another', lease_owner: null, ...times })
    .execute();
  now += 1000;
  await accounts.remove('lead');
  const late = await signIns.start(subject);
  await accounts.create(LEAD);
  assert.equal(await consents.has(question), false);
  assert.equal(await signIns.find(late.secret), undefined, 'not even a sign-in that was under way');
  assert.deepEqual(await db.selectFrom('connections').select(['id', 'status', 'sealed', 'version', 'changed_at']).orderBy('id').execute(), [
    { id: 'c1', status: 'ended', sealed: '', version: 2, changed_at: now },
    { id: 'c2', status: 'connected', sealed: 'tokens', version: 1, changed_at: START },
  ]);
  assert.deepEqual([(await accounts.find('lead'))?.id, await accounts.find('lead', START)], ['lead', undefined], 'nor is it who something of before is of');
});

test('where only some accounts may sign in, the others are refused like unknown ones, and those signed in are out', async () => {
  for (const name of ['lead', 'break-glass']) await accounts.create({ ...LEAD, name });
  const admits = (name: string): boolean => name === 'break-glass';
  const recorder = { append: (event: Event) => Promise.resolve(void events.push(event)) };
  const limited = openAccounts(storage, { recorder, admits, now: () => now, cost: { N: 1024, r: 8, p: 1 } });
  assert.deepEqual([await limited.find('lead'), (await accounts.find('lead'))?.name], [undefined, 'lead']);
  assert.deepEqual(await limited.verify('lead', PASSWORD, CLIENT), { kind: 'refused' });
  assert.equal(events.at(-1)?.note, 'the configuration lets no local account of that name sign in');
  const emergency = await limited.verify('break-glass', PASSWORD, CLIENT);
  assert.ok(emergency.kind === 'ok');
  const before = await signIns.start({ ...emergency.subject, id: 'lead', name: 'lead' });
  const after = openSignIns({ storage, directory, revocations, admits, now: () => now });
  assert.equal(await after.find(before.secret), undefined);
  assert.ok(await after.find((await after.start(emergency.subject)).secret));
});
