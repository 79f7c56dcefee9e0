/** Who signs out, is deactivated or loses a group is out in every process, with whatever was under way. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Subject } from '../../src/core/subject.ts';
import { openDirectory, type Directory } from '../../src/identity/directory.ts';
import { startBenchPair, visitBoth, type BenchPair, type Visit } from '../support/bench-pair.ts';
import { CLIENT, startCorporateProvider, type CorporateProvider } from '../support/corporate-provider.ts';
import type { Replica } from '../support/pair.ts';
import type { RawReply } from '../support/raw.ts';
import { until } from '../support/until.ts';
import { WebBrowser } from '../support/web-browser.ts';

let corporate: CorporateProvider;
let pair: BenchPair;
/** Provisioning, as another process does it. */
let directory: Directory;
let people = 0;

before(async () => {
  process.env['SALLYPORT_TEST_CLIENT_SECRET'] = CLIENT.client_secret;
  corporate = await startCorporateProvider({ gateways: [] });
  pair = await startBenchPair((url) => {
    corporate.serve(url);
    const oidc = { issuer: corporate.issuer, clientId: CLIENT.client_id, clientSecret: { env: 'SALLYPORT_TEST_CLIENT_SECRET' } };
    return { identity: { providers: [{ name: 'corp', domains: ['example.com'], oidc }] } };
  });
  directory = await openDirectory({ storage: pair.storage, recorder: { append: () => Promise.resolve() } });
});
after(async () => {
  await directory?.close();
  await pair?.stop();
  await corporate?.close();
});

interface Visitor extends Visit {
  readonly person: Subject;
}

let ann: Visitor;
let bob: Visitor;
beforeEach(async () => {
  [ann, bob] = [await comeIn(pair.one), await comeIn(pair.one)];
});

/** Somebody new, signed in by their provider at this replica, with a cookie that is good at both. */
async function comeIn(replica: Replica): Promise<Visitor> {
  const id = `u${(people += 1)}`;
  const name = `${id}@example.com`;
  const groups = ['staff', 'waiters'];
  corporate.as({ id, claims: { email: name, email_verified: true, groups } });
  const browser = new WebBrowser();
  const { response } = await browser.go(`${replica.url}/sign-in/corp/start`);
  assert.equal(response?.status, 200, await response?.text());
  const { csrf } = await visitBoth(pair, browser, replica);
  return { person: { issuer: corporate.issuer, kind: 'person', id, name, groups }, browser, csrf };
}

const call = async (visitor: Visitor, replica: Replica, tool: string, args: object, token?: string): Promise<RawReply> =>
  pair.call(replica, token ?? (await pair.token(visitor, replica)), tool, args);

const startWaiting = async (visitor: Visitor, replica: Replica) => pair.startWaiting(replica, await pair.token(visitor, replica));

/** What was said to whoever was cut off. */
const wordsOf = ({ text }: RawReply): string => text;

test('signing out ends, in the other process too, the tokens that came of it and the call that runs; nobody else’s', async () => {
  const token = await pair.token(ann, pair.two);
  const [mine, here, others] = [await startWaiting(ann, pair.two), await startWaiting(ann, pair.one), await startWaiting(bob, pair.two)];
  assert.equal((await call(ann, pair.two, 'echo', { value: 'before' }, token)).message.result?.content?.[0]?.text, 'before');
  const headers = { 'content-type': 'application/json', 'x-csrf-token': ann.csrf };
  assert.equal((await ann.browser.send(`${pair.one.url}/api/sign-out`, { method: 'POST', headers, body: '{}' })).status, 200);
  for (const { ended } of [mine, here]) assert.match(wordsOf(await ended), /sign-in that this came through has ended/);
  await until('the token to be refused', async () => ((await call(ann, pair.two, 'echo', { value: 'after' }, token)).status === 401 ? true : undefined));
  assert.equal((await call(bob, pair.two, 'echo', { value: 'still here' })).message.result?.content?.[0]?.text, 'still here');
  await directory.deactivate(bob.person);
  assert.match(wordsOf(await others.ended), /no longer active/);
});

test('who is deactivated is out everywhere: console, tokens, and what runs', async () => {
  const token = await pair.token(ann, pair.two);
  const running = await startWaiting(ann, pair.two);
  assert.equal((await ann.browser.send(`${pair.two.url}/api/me`)).status, 200);
  await directory.deactivate(ann.person);
  assert.match(wordsOf(await running.ended), /no longer active/);
  await until('the token to be refused', async () => ((await call(ann, pair.one, 'echo', { value: 'x' }, token)).status === 401 ? true : undefined));
  assert.equal((await call(ann, pair.two, 'echo', { value: 'x' }, token)).status, 401);
  for (const { url } of [pair.one, pair.two]) assert.equal((await ann.browser.send(`${url}/api/me`)).status, 401);
  assert.equal((await bob.browser.send(`${pair.two.url}/api/me`)).status, 200);
});

test('a group that is taken away while a call runs ends that call, and the same token has the rights that are left', async () => {
  const token = await pair.token(ann, pair.two);
  const running = await startWaiting(ann, pair.two);
  await directory.put({ ...ann.person, groups: ['staff'] });
  assert.match(wordsOf(await running.ended), /groups of .* changed/);
  assert.equal((await call(ann, pair.two, 'echo', { value: 'left' }, token)).message.result?.content?.[0]?.text, 'left');
  const denied = await call(ann, pair.two, 'wait', { ms: 0 }, token);
  assert.equal(denied.message.result?.isError, true);
  await directory.put({ ...ann.person, groups: ['staff', 'waiters', 'more'] });
  await until('the group to be back', async () => ((await call(ann, pair.two, 'wait', { ms: 0 }, token)).message.result?.isError === true ? undefined : true));
});

test('a group that is gained while a call runs does not end it', async () => {
  const running = await startWaiting(ann, pair.one);
  await directory.put({ ...ann.person, groups: [...ann.person.groups, 'owners'] });
  await until('the group to be known', async () => {
    const me = (await (await ann.browser.send(`${pair.one.url}/api/me`)).json()) as { owns: string[] };
    return me.owns.includes('bench') ? true : undefined;
  });
  assert.equal((await call(ann, pair.one, 'wait', { ms: 0 })).message.result?.content?.[0]?.text, 'waited');
  await directory.remove(ann.person);
  assert.match(wordsOf(await running.ended), /no longer active/);
});
