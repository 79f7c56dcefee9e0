/** A company's provider signs people in by SAML and keeps them by SCIM: whoever it puts out is out in every process, with whatever was under way. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { launchBrowser, openPerson } from '../support/browser.ts';
import { startBenchPair, visitBoth, type BenchPair, type Visit } from '../support/bench-pair.ts';
import type { Replica } from '../support/pair.ts';
import { EMAIL, GROUPS, readReply, startCompanyProvider, type CompanyProvider } from '../support/saml-provider.ts';
import { until } from '../support/until.ts';
import { WebBrowser } from '../support/web-browser.ts';

const SCIM_TOKEN = 'canary-scim-token-of-the-company-0123456789';

let company: CompanyProvider;
let pair: BenchPair;
let people = 0;

before(async () => {
  company = await startCompanyProvider();
  process.env['SALLYPORT_TEST_SCIM_TOKEN'] = SCIM_TOKEN;
  const saml = {
    entityId: company.entityId,
    metadata: { url: `${company.url}/metadata` },
    attributes: { name: EMAIL, groups: GROUPS },
    groups: { missing: 'none' },
  };
  const scim = { token: { env: 'SALLYPORT_TEST_SCIM_TOKEN' }, id: 'externalId' };
  pair = await startBenchPair(() => ({ identity: { providers: [{ name: 'company', saml, scim }] } }));
});
after(async () => {
  await pair?.stop();
  await company?.close();
});

interface ScimReply {
  readonly id: string;
}

async function scim(method: string, path: string, body?: object): Promise<ScimReply> {
  const reply = await fetch(`${pair.one.url}/scim/v2${path}`, {
    method,
    headers: { authorization: `Bearer ${SCIM_TOKEN}`, 'content-type': 'application/scim+json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await reply.text();
  assert.ok(reply.ok, text);
  return JSON.parse(text === '' ? '{}' : text) as ScimReply;
}

const patch = (path: string, ...Operations: readonly object[]): Promise<ScimReply> => scim('PATCH', path, { Operations });

interface Visitor extends Visit {
  readonly id: string;
  readonly groups: Readonly<Record<'staff' | 'waiters', string>>;
}

/** By SAML at this replica: the page of the provider posts the reply without our cookies. */
async function signIn(
  user: Parameters<CompanyProvider['as']>[0],
  { url }: Replica,
): Promise<{ readonly browser: WebBrowser; readonly status: number; readonly page: string }> {
  company.as(user);
  const browser = new WebBrowser();
  const { response } = await browser.go(`${url}/sign-in/company/start`);
  const { action, ...fields } = readReply((await response?.text()) ?? '');
  const posted = await new WebBrowser().send(action, { method: 'POST', body: new URLSearchParams(fields), headers: { origin: company.url } });
  const arrived = await browser.send(posted.headers.get('location') ?? '');
  return { browser, status: arrived.status, page: await arrived.text() };
}

let groups: Visitor['groups'];
let ann: Visitor;
let bob: Visitor;
beforeEach(async () => {
  groups ??= { staff: (await scim('POST', '/Groups', { displayName: 'staff' })).id, waiters: (await scim('POST', '/Groups', { displayName: 'waiters' })).id };
  [ann, bob] = [await comeIn(pair.one), await comeIn(pair.one)];
});

/** Somebody new: announced by SCIM, signed in by SAML, with a cookie that is good at both replicas. */
async function comeIn(replica: Replica): Promise<Visitor> {
  const externalId = `u-${(people += 1)}`;
  const email = `${externalId}@example.com`;
  const { id } = await scim('POST', '/Users', { userName: email, externalId });
  for (const group of Object.values(groups)) await patch(`/Groups/${group}`, { op: 'add', path: 'members', value: [{ value: id }] });
  const { browser, status, page } = await signIn({ id: externalId, email, groups: ['owners'] }, replica);
  assert.equal(status, 200, page);
  const visit = await visitBoth(pair, browser, replica);
  assert.deepEqual(visit.groups, ['staff', 'waiters'], 'what provisioning says wins over what the sign-in says');
  return { id, groups, browser, csrf: visit.csrf };
}

test('who is deactivated by SCIM is out in both processes: what runs, tokens, the console, the next sign-in; a colleague is not', async (t) => {
  const tokens = [await pair.token(ann, pair.one), await pair.token(ann, pair.two)] as const;
  const running = [await pair.startWaiting(pair.one, tokens[0]), await pair.startWaiting(pair.two, tokens[1])];
  const bobs = await pair.token(bob, pair.two);
  const at = performance.now();
  await patch(`/Users/${ann.id}`, { op: 'Replace', path: 'active', value: 'False' });
  for (const { ended } of running) assert.match((await ended).text, /no longer active/);
  t.diagnostic(`calls in both processes ended after ${Math.round(performance.now() - at)} ms`);
  for (const [n, replica] of [pair.one, pair.two].entries()) {
    assert.equal((await pair.call(replica, tokens[n] ?? '', 'echo', { value: 'x' })).status, 401);
    assert.equal((await ann.browser.send(`${replica.url}/api/me`)).status, 401);
  }
  assert.equal((await pair.call(pair.two, bobs, 'echo', { value: 'here' })).message.result?.content?.[0]?.text, 'here');
  const again = await signIn({ id: `u-${people - 1}`, email: 'ann@example.com', groups: ['owners'] }, pair.two);
  assert.equal(again.status, 403);
  assert.match(again.page, /deactivated/);
});

test('who is deleted by SCIM is out the same way, and nobody who comes back under another name', async () => {
  const token = await pair.token(ann, pair.two);
  const running = await pair.startWaiting(pair.two, token);
  await scim('DELETE', `/Users/${ann.id}`);
  assert.match((await running.ended).text, /no longer active/);
  assert.equal((await pair.call(pair.two, token, 'echo', { value: 'x' })).status, 401);
  const again = await signIn({ id: `u-${people - 1}`, email: `u-${people}@example.com`, groups: [] }, pair.one);
  assert.equal(again.status, 403);
  assert.equal((await bob.browser.send(`${pair.one.url}/api/me`)).status, 200);
});

test('a group that SCIM takes away in the middle of a session ends what it allowed, counts at the next command, and comes back', async () => {
  const token = await pair.token(ann, pair.two);
  const running = await pair.startWaiting(pair.two, token);
  await patch(`/Groups/${groups.waiters}`, { op: 'remove', path: `members[value eq "${ann.id}"]` });
  assert.match((await running.ended).text, /groups of .* changed/);
  assert.equal((await pair.call(pair.two, token, 'wait', { ms: 0 })).message.result?.isError, true);
  assert.equal((await pair.call(pair.two, token, 'echo', { value: 'left' })).message.result?.content?.[0]?.text, 'left');
  await patch(`/Groups/${groups.waiters}`, { op: 'add', path: 'members', value: [{ value: ann.id }] });
  await until('the group to be back', async () => ((await pair.call(pair.two, token, 'wait', { ms: 0 })).message.result?.isError === true ? undefined : true));
});

test('a person whom the provider has not announced does not come in; who is announced does', async () => {
  const user = { id: 'u-unknown', email: 'unknown@example.com', groups: ['staff'] };
  const refused = await signIn(user, pair.two);
  assert.equal(refused.status, 403);
  assert.match(refused.page, /has not announced you/);
  await scim('POST', '/Users', { userName: 'announced@example.com', externalId: 'u-unknown' });
  const { browser, status } = await signIn(user, pair.two);
  assert.equal(status, 200);
  const me = (await (await browser.send(`${pair.two.url}/api/me`)).json()) as { subject: object };
  assert.deepEqual(me.subject, { name: 'announced@example.com', kind: 'person', groups: [] });
});

test('in a real browser the reply of a provider of another site signs in, with cookies that other sites do not get', async () => {
  const browser = await launchBrowser();
  try {
    const { page } = await openPerson(browser);
    company.as({ id: `u-${people}`, email: `u-${people}@example.com`, groups: [] });
    await page.goto(`${pair.one.url}/sign-in/company/start?return_to=/api/me`);
    assert.ok(page.url().startsWith(company.url));
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.waitForURL(`${pair.one.url}/api/me`);
    assert.match(await page.locator('body').innerText(), new RegExp(`u-${people}@example.com`));
    const cookies = await page.context().cookies();
    assert.deepEqual(
      cookies.filter(({ name }) => name === 'sallyport').map(({ sameSite, httpOnly }) => [sameSite, httpOnly]),
      [['Strict', true]],
    );
  } finally {
    await browser.close();
  }
});
