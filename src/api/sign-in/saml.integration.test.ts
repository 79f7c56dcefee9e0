import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import { SignedXml } from 'xml-crypto';
import { makeKeyPair, type KeyPair } from '../../../test/support/saml-keys.ts';
import { EMAIL, GROUPS, readReply, startCompanyProvider, type CompanyProvider, type PostedReply } from '../../../test/support/saml-provider.ts';
import { WebBrowser } from '../../../test/support/web-browser.ts';
import { fetchText } from '../../identity/fetch-text.ts';
import { openSamlAnswers } from '../../identity/saml/answers.ts';
import { readProviderMetadata } from '../../identity/saml/provider-metadata.ts';
import { createSamlProvider, type SamlSignIn } from '../../identity/saml/saml-provider.ts';
import type { SamlSettings } from '../../identity/saml/settings.ts';
import { createFirstUse } from '../../identity/workloads/replay.ts';
import { openStorage, type Storage } from '../../storage/storage.ts';
import { startTestApi, type TestApi } from '../testing.ts';

const ANN = { id: 'u-1', email: 'ann@example.com', groups: ['ml-leads', 'staff'] };
const folder = mkdtempSync(join(tmpdir(), 'sallyport-saml-'));

let api: TestApi;
let storage: Storage;
let company: CompanyProvider;
let own: KeyPair;
let settings: Partial<SamlSettings> = {};
let skewed = 0;

function provider(): SamlSignIn {
  return createSamlProvider({
    name: 'corp',
    title: 'Company',
    domains: [],
    settings: {
      entityId: company.entityId,
      binding: 'redirect',
      signed: 'assertion',
      attributes: { name: EMAIL, groups: GROUPS, missing: 'none', prefix: '', domains: [] },
      encryption: [],
      unsolicited: 'refuse',
      ...settings,
    },
    read: async () =>
      readProviderMetadata(await fetchText(new URL(`${company.url}/metadata`), 'configured', { accept: '*/*', limit: 100_000 }), Date.now(), company.entityId),
    answers: openSamlAnswers(storage, Date.now),
    firstUse: createFirstUse(storage, Date.now),
    now: () => Date.now() + skewed,
  });
}

before(async () => {
  [company, own] = [await startCompanyProvider(), await makeKeyPair('own')];
  storage = await openStorage({ url: join(folder, 'answers.db') });
  let used = provider();
  let of = settings;
  // Settings of a test are those of its own provider; what that knows stays within the test.
  const current = (): SamlSignIn => {
    if (of !== settings) [used, of] = [provider(), settings];
    return used;
  };
  api = await startTestApi({
    providers: () => [
      {
        name: 'corp',
        title: 'Company',
        domains: [],
        begin: (ask) => current().begin(ask),
        finish: (...given) => current().finish(...given),
        metadata: (base: string) => current().metadata(base),
        receive: (...given: Parameters<SamlSignIn['receive']>) => current().receive(...given),
        requestForm: (...given: Parameters<SamlSignIn['requestForm']>) => current().requestForm(...given),
      },
    ],
  });
});
after(async () => {
  await api.close();
  await storage.close();
  await company.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => company.as(ANN));
afterEach(() => {
  [settings, skewed] = [{}, 0];
  company.set({});
});

/** As far as the provider's page with the reply. */
async function replyFor(browser: WebBrowser, start = 'start'): Promise<PostedReply> {
  const { response } = await browser.go(`${api.url}/sign-in/corp/${start}`);
  return readReply((await response?.text()) ?? '');
}

/** The page's button: a post from another site, so no cookie comes along. */
function press({ SAMLResponse, RelayState, action }: PostedReply, headers: Record<string, string> = {}): Promise<Response> {
  return new WebBrowser().send(action, {
    method: 'POST',
    body: new URLSearchParams({ SAMLResponse, RelayState }),
    headers: { origin: company.url, 'sec-fetch-site': 'cross-site', ...headers },
  });
}

/** And the way on, as the same browser. */
async function come(browser: WebBrowser, posted: Response): Promise<number> {
  assert.equal(posted.status, 303);
  return (await browser.send(posted.headers.get('location') ?? '')).status;
}

const isSignedIn = async (browser: WebBrowser): Promise<boolean> => (await browser.send(`${api.url}/api/me`)).status === 200;
const me = async (browser: WebBrowser) => ((await (await browser.send(`${api.url}/api/me`)).json()) as { subject: object }).subject;
const lastFailure = () => api.events.findLast(({ kind }) => kind === 'signin.failed')?.note ?? '';

async function refused(reply: PostedReply, why: RegExp): Promise<void> {
  const posted = await press(reply);
  assert.equal(posted.status, 401);
  const page = await posted.text();
  assert.match(page, /You are not signed in/);
  assert.match(lastFailure(), why);
  assert.ok(!page.includes(reply.SAMLResponse.slice(0, 100)));
}

test('a person comes in with the name and the groups that the provider signed, from any process, and is led where they wanted', async () => {
  const browser = new WebBrowser();
  const posted = await press(await replyFor(browser, 'start?return_to=/sessions'));
  const page = await browser.send(posted.headers.get('location') ?? '');
  assert.match(await page.text(), /url=\/sessions/);
  assert.deepEqual(await me(browser), { name: 'ann@example.com', kind: 'person', groups: ['ml-leads', 'staff'] });
  const event = api.events.findLast(({ kind }) => kind === 'signin.succeeded');
  assert.deepEqual([event?.subject?.issuer, event?.subject?.id], [company.entityId, 'u-1']);
});

test('a reply signs in the browser that asked, and no other: not who is made to post it, not who follows', async () => {
  const [ann, mallory] = [new WebBrowser(), new WebBrowser()];
  const posted = await press(await replyFor(mallory));
  assert.equal(await come(ann, posted), 401);
  assert.ok(!(await isSignedIn(ann)));
  assert.equal(await come(mallory, posted), 200);
});

test('an assertion counts once, whoever brings it and with whatever around it', async () => {
  const browser = new WebBrowser();
  const reply = await replyFor(browser);
  assert.equal(await come(browser, await press(reply)), 200);
  await refused(reply, /used before/);
  const text = Buffer.from(reply.SAMLResponse, 'base64')
    .toString()
    .replace(/ ID="_[^"]+" {2}?Version/, ' ID="_other" Version');
  await refused({ ...reply, SAMLResponse: Buffer.from(text).toString('base64') }, /used before/);
});

test('of ten who bring one assertion at once, one comes in', async () => {
  const browser = new WebBrowser();
  const reply = await replyFor(browser);
  const statuses = await Promise.all(Array.from({ length: 10 }, async () => (await press(reply)).status));
  assert.deepEqual(statuses.filter((status) => status === 303).length, 1);
});

test('a reply to one attempt answers no other', async () => {
  const browser = new WebBrowser();
  const [first, second] = [await replyFor(browser), await replyFor(browser)];
  await refused({ ...first, RelayState: second.RelayState }, /answers another request/);
  assert.equal(await come(browser, await press(first)), 200);
});

test('a reply that nobody asked for is refused; where it is to begin a sign-in, nothing of it is used', async () => {
  const unasked = { ...(await replyFor(new WebBrowser())), RelayState: '' };
  await refused(unasked, /nobody asked/);
  settings = { unsolicited: 'restart' };
  const posted = await press(unasked);
  assert.equal(posted.headers.get('location'), `${api.url}/sign-in/corp/start`);
  const browser = new WebBrowser();
  assert.equal(await come(browser, await press(await replyFor(browser))), 200);
});

test('what the provider says wrong is refused: SHA-1, unsigned, another audience, another recipient, late', async () => {
  const wrong: readonly (readonly [Parameters<CompanyProvider['set']>[0], RegExp])[] = [
    [{ signatureAlgorithm: 'rsa-sha1' }, /not RSA with SHA-256/],
    [{ digestAlgorithm: 'sha1' }, /digest/],
    [{ signAssertion: false }, /not signed/],
    [{ audience: 'https://other.example' }, /another audience/],
    [{ recipient: 'https://other.example/acs' }, /no confirmation/],
    [{ destination: 'https://other.example/acs' }, /another address/],
    [{ issuer: 'urn:evil' }, /another issuer/],
    [{ lifetimeInSeconds: -120 }, /expired/],
    [{ lifetimeInSeconds: 86_400 }, /longer than an hour/],
  ];
  for (const [options, why] of wrong) {
    company.set(options);
    await refused(await replyFor(new WebBrowser()), why);
  }
  company.set({});
  const browser = new WebBrowser();
  assert.equal(await come(browser, await press(await replyFor(browser))), 200);
});

test('a provider that changes its key is asked for its metadata again, and the old key counts no more', async () => {
  settings = {};
  const browser = new WebBrowser();
  assert.equal(await come(browser, await press(await replyFor(browser))), 200);
  const old = company.keys;
  company.rollOver(await makeKeyPair('next'));
  skewed = 61_000;
  assert.equal(await come(browser, await press(await replyFor(browser))), 200);
  company.set({ cert: old.certificate, key: old.key });
  await refused(await replyFor(browser), /does not verify/);
});

test('whoever was deactivated does not come in, whatever the provider signs, and that they tried is recorded', async () => {
  company.as({ ...ANN, id: 'u-out' });
  const [before_, after_] = [new WebBrowser(), new WebBrowser()];
  assert.equal(await come(before_, await press(await replyFor(before_))), 200);
  await api.directory.deactivate({ issuer: company.entityId, kind: 'person', id: 'u-out' });
  assert.ok(!(await isSignedIn(before_)));
  assert.equal(await come(after_, await press(await replyFor(after_))), 403);
  const event = api.events.findLast(({ kind }) => kind === 'signin.failed');
  assert.deepEqual([event?.note, event?.subject?.id], ['this person was deactivated', 'u-out']);
});

test('encrypted assertions are opened; with a key configured, plain ones are refused', async () => {
  settings = { encryption: [{ key: createPrivateKey(own.key), certificate: own.certificate }] };
  const metadata = await (await fetch(`${api.url}/sign-in/corp/metadata`)).text();
  assert.ok(metadata.includes(own.certificate.replaceAll(/-----.*-----|\n/g, '')));
  await refused(await replyFor(new WebBrowser()), /is not encrypted/);
  company.set({
    encryptionCert: own.certificate,
    encryptionPublicKey: String(createPublicKey(own.certificate).export({ type: 'spki', format: 'pem' })),
    encryptionAlgorithm: 'http://www.w3.org/2009/xmlenc11#aes256-gcm',
  });
  const browser = new WebBrowser();
  const reply = await replyFor(browser);
  assert.doesNotMatch(Buffer.from(reply.SAMLResponse, 'base64').toString(), /ann@example/);
  assert.equal(await come(browser, await press(reply)), 200);
});

test('requests are signed where a key is configured, by redirect and by POST', async () => {
  const signing = { key: createPrivateKey(own.key), certificate: own.certificate };
  settings = { signing };
  const { url } = await new WebBrowser().go(`${api.url}/sign-in/corp/start`, (next) => next.startsWith(company.url));
  const [, signed = '', signature = ''] = /\?(.*)&Signature=(.*)$/.exec(url) ?? [];
  assert.ok(verify('sha256', Buffer.from(signed), createPublicKey(own.certificate), Buffer.from(decodeURIComponent(signature), 'base64')));
  const request = inflateRawSync(Buffer.from(new URL(url).searchParams.get('SAMLRequest') ?? '', 'base64')).toString();
  assert.match(request, /AssertionConsumerServiceURL="[^"]*\/sign-in\/corp\/acs"/);

  settings = { signing, binding: 'post' };
  const browser = new WebBrowser();
  const { response } = await browser.go(`${api.url}/sign-in/corp/start`);
  assert.match(response?.headers.get('content-security-policy') ?? '', new RegExp(`form-action 'self' ${company.url};`));
  const page = (await response?.text()) ?? '';
  const [, field = ''] = /name="SAMLRequest" value="([^"]*)"/.exec(page) ?? [];
  const xml = Buffer.from(field, 'base64').toString();
  const verifier = new SignedXml({ publicCert: own.certificate, getCertFromKeyInfo: () => null });
  verifier.loadSignature(/<ds:Signature.*<\/ds:Signature>/s.exec(xml)?.[0] ?? '');
  assert.ok(verifier.checkSignature(xml));
  const [, state = ''] = /name="RelayState" value="([^"]*)"/.exec(page) ?? [];
  const answer = await fetch(`${company.url}/sso`, { method: 'POST', body: new URLSearchParams({ SAMLRequest: field, RelayState: state }) });
  assert.equal(await come(browser, await press(readReply(await answer.text()))), 200);
});

test('metadata says what the provider needs, and nothing that is secret', async () => {
  const reply = await fetch(`${api.url}/sign-in/corp/metadata`);
  assert.equal(reply.headers.get('content-type'), 'application/samlmetadata+xml');
  const text = await reply.text();
  for (const part of [
    `entityID="${api.url}/sign-in/corp/metadata"`,
    `Location="${api.url}/sign-in/corp/acs"`,
    'WantAssertionsSigned="true"',
    'AuthnRequestsSigned="false"',
  ])
    assert.ok(text.includes(part), part);
  assert.doesNotMatch(text, /PRIVATE/);
  for (const name of ['other', 'corp/x', '..']) assert.equal((await fetch(`${api.url}/sign-in/${name}/metadata`)).status, 404);
});

test('other sites may post to the address for replies, and to nothing else', async () => {
  const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
  const form = { method: 'POST', raw: 'SAMLResponse=x&RelayState=y', headers: { ...foreign, 'content-type': 'application/x-www-form-urlencoded' } };
  assert.equal((await api.call('/sign-in/corp/acs', form)).status, 401);
  for (const path of [
    '/sign-in/corp/acs/',
    '/sign-in/corp/acs/x',
    '/sign-in/../api/sign-out/acs',
    '/api/sign-in',
    '/sign-in/corp/callback',
    '/sign-in/corp/start',
  ])
    assert.equal((await api.call(path, form)).status, 403, path);
  assert.equal((await api.call('/sign-in/corp/acs', { headers: foreign })).status, 403);
  assert.equal((await api.call('/sign-in/other/acs', form)).status, 404);
});

test('a form that is too long, has fields twice or is none is refused before anything is read of it', async () => {
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  for (const [raw, expected] of [
    ['', 400],
    ['RelayState=x', 400],
    ['SAMLResponse=a&SAMLResponse=b', 400],
    [`SAMLResponse=${'A'.repeat(1_500_000)}&RelayState=${'x'.repeat(43)}`, 401],
  ] as const)
    assert.equal((await api.call('/sign-in/corp/acs', { method: 'POST', raw, headers: type })).status, expected, raw.slice(0, 40));
  assert.match(lastFailure(), /too long/);
  assert.equal((await api.call('/sign-in/corp/acs', { method: 'POST', body: { SAMLResponse: 'x' } })).status, 400);
});

test('no assertion, attribute or state of an attempt is in a record, a report or an address but the state in that of the way on', async () => {
  const browser = new WebBrowser();
  const reply = await replyFor(browser);
  await refused({ ...reply, SAMLResponse: `${reply.SAMLResponse.slice(0, -8)}AAAAAAA=` }, /./);
  assert.equal(await come(browser, await press(reply)), 200);
  const kept = JSON.stringify([api.events, api.reports.map(String)]);
  assert.ok(!kept.includes(reply.RelayState) && !kept.includes(reply.SAMLResponse.slice(20, 80)));
  assert.ok(!browser.visited.some((url) => url.startsWith(api.url) && url.includes('SAMLResponse')));
});
