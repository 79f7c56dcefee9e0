import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { authorize, authorizeUrl, csrfOf, makeVerifier, REDIRECT, startOAuthRig, type Browser, type OAuthRig } from './testing.ts';

let rig: OAuthRig;

before(async () => {
  rig = await startOAuthRig();
});

after(() => rig?.close());

async function begin(browser: Browser, more: Readonly<Record<string, string | undefined>> = {}, metadata: object = {}) {
  const clientId = String((await rig.register(metadata))['client_id']);
  const url = authorizeUrl(rig, clientId, makeVerifier().challenge, more);
  const begun = await browser.get(url);
  return { clientId, url, begun, page: begun.headers.location ?? '' };
}

/** What the client would be told, where it is told something. */
const told = (location: string | undefined): URLSearchParams => new URL(location ?? '', REDIRECT).searchParams;

describe('before a client gets anything, its person is asked', () => {
  test('the page shows whose client it is, where answers go and what it wants, and nobody can put it into a frame', async () => {
    const browser = await rig.browser('scientist');
    const { page, clientId } = await begin(browser, {}, { client_name: '<img src=x onerror=alert(1)>\u202e' });
    const asked = await browser.get(page);
    for (const text of [clientId, REDIRECT, 'models', 'scientist', 'not verified']) assert.ok(asked.text.includes(text), text);
    assert.ok(!asked.text.includes('<img'));
    assert.match(String(asked.headers['content-security-policy']), /frame-ancestors 'none'/);
    assert.match(String(asked.headers['content-security-policy']), /form-action 'self' https:\/\/app\.example;/);
    assert.equal(asked.headers['x-frame-options'], 'DENY');
    assert.equal(asked.headers['cache-control'], 'no-store');
  });

  test('who is not signed in sees the client before anything else, and is sent to the console and back', async () => {
    const stranger = await rig.browser();
    const { page, clientId } = await begin(stranger);
    const first = await stranger.get(page);
    assert.equal(first.status, 200);
    assert.ok(first.text.includes(clientId) && first.text.includes(REDIRECT));
    assert.equal(csrfOf(first.text), '');
    const next = await stranger.get(`${page}?continue=yes`);
    assert.deepEqual([next.status, next.headers.location], [303, `/continue?to=${encodeURIComponent(page)}`]);
  });

  test('prompt=none, forged cookies, the address of the answer and an earlier yes skip nothing', async () => {
    const browser = await rig.browser('scientist');
    const silent = await begin(browser, { prompt: 'none' });
    assert.equal(told(silent.begun.headers.location).get('error'), 'login_required');

    const { page } = await begin(browser);
    const id = page.split('/').at(-1) ?? '';
    const forged = await rig.browser('scientist');
    for (const name of ['sallyport-oauth-ask', 'sallyport-oauth-resume', 'sallyport-oauth']) {
      forged.cookies.set(`${name} /`, { value: id, path: '/' });
      forged.cookies.set(`${name}.sig /`, { value: 'forged', path: '/' });
    }
    assert.equal((await forged.get(page)).status, 400);
    assert.equal((await forged.get(`/oauth/authorize/${id}`)).headers.location, undefined);

    // The address that an answer leads to, without an answer: the page again, and no code.
    const resumed = await browser.get(`/oauth/authorize/${id}`);
    assert.match(String(resumed.headers.location), /^\/oauth\/interaction\//);
  });

  test('the answer is of the person who was asked: another sign-in, no sign-in, a missing or foreign token, another site', async () => {
    const browser = await rig.browser('scientist');
    const { page } = await begin(browser);
    const csrf = csrfOf((await browser.get(page)).text);
    const other = await rig.browser('colleague');
    const own = browser.cookies.get('sallyport /');
    const foreign = other.cookies.get('sallyport /');
    assert.ok(own && foreign);

    browser.cookies.set('sallyport /', foreign);
    assert.equal((await browser.post(page, { csrf, answer: 'allow' })).status, 403);
    browser.cookies.delete('sallyport /');
    assert.equal((await browser.post(page, { csrf, answer: 'allow' })).status, 403);
    browser.cookies.set('sallyport /', own);
    for (const wrong of ['x', 'x'.repeat(43)]) assert.equal((await browser.post(page, { csrf: wrong, answer: 'allow' })).status, 403);
    assert.equal((await browser.post(page, { answer: 'allow' })).status, 400);
    assert.equal((await browser.post(page, { csrf, answer: 'allow' }, { origin: 'https://evil.example' })).status, 403);
    assert.equal((await browser.post(page, { csrf, answer: 'allow' }, { 'sec-fetch-site': 'cross-site' })).status, 403);

    const answered = await browser.post(page, { csrf, answer: 'allow' });
    const back = await browser.get(answered.headers.location ?? '');
    assert.notEqual(told(back.headers.location).get('code'), null);
  });

  test('a yes is remembered for this person, this client, this place and this target, and for no other', async () => {
    const browser = await rig.browser('scientist');
    const { url, clientId } = await begin(browser);
    assert.notEqual((await authorize(browser, url)).searchParams.get('code'), null);
    const again = await browser.get(url);
    const skipped = await browser.get(again.headers.location ?? '');
    assert.equal(skipped.status, 303, 'the same again is not asked again');

    const asksAgain = async (someone: Browser, address: string): Promise<boolean> =>
      (await someone.get((await someone.get(address)).headers.location ?? '')).status === 200;
    assert.ok(await asksAgain(await rig.browser('colleague'), url));
    const other = await begin(browser);
    assert.ok(await asksAgain(browser, other.url));
    assert.notEqual(other.clientId, clientId);
  });

  test('a program on the person’s own machine is asked about every time: any program can use its name', async () => {
    const redirect = 'http://127.0.0.1:4444/callback';
    const browser = await rig.browser('scientist');
    const { url } = await begin(browser, { redirect_uri: redirect }, { redirect_uris: ['http://127.0.0.1/callback'] });
    for (const _round of [1, 2]) {
      const asked = await browser.get((await browser.get(url)).headers.location ?? '');
      assert.equal(asked.status, 200);
      assert.match(asked.text, /a program on your own computer/);
      assert.equal((await authorize(browser, url)).origin, 'http://127.0.0.1:4444');
    }
  });

  test('one window’s answer is not another’s', async () => {
    const browser = await rig.browser('scientist');
    const [left, right] = [await begin(browser), await begin(browser)];
    const page = await browser.get(left.page);
    const answered = await browser.post(right.page, { csrf: csrfOf(page.text), answer: 'deny' });
    assert.equal(told((await browser.get(answered.headers.location ?? '')).headers.location).get('error'), 'access_denied');
  });
});

describe('an authorization request', () => {
  const refusedOnPage: readonly (readonly [string, Readonly<Record<string, string | undefined>>])[] = [
    ['another redirect', { redirect_uri: 'https://evil.example/callback' }],
    ['a longer one', { redirect_uri: `${REDIRECT}/more` }],
    ['a path that leads back', { redirect_uri: 'https://app.example/callback/../../evil' }],
    ['another case', { redirect_uri: 'https://app.example/Callback' }],
    ['a query', { redirect_uri: `${REDIRECT}?next=https://evil.example` }],
    ['no redirect', { redirect_uri: undefined }],
    ['a scheme', { redirect_uri: 'javascript:alert(1)' }],
    ['no client', { client_id: undefined }],
    ['an unknown client', { client_id: 'nobody' }],
  ];
  for (const [name, change] of refusedOnPage) {
    test(`with ${name} is refused on a page of ours: nobody is sent anywhere`, async () => {
      const { begun } = await begin(await rig.browser('scientist'), change);
      assert.equal(begun.status, 400, begun.text);
      assert.equal(begun.headers.location, undefined);
      assert.ok(!begun.text.includes('evil.example'));
      assert.match(String(begun.headers['content-security-policy']), /default-src 'none'/);
    });
  }

  const refusedToClient: readonly (readonly [string, Readonly<Record<string, string | undefined>>, string])[] = [
    ['no resource', { resource: undefined }, 'invalid_target'],
    ['a resource elsewhere', { resource: 'https://evil.example/mcp/models' }, 'invalid_target'],
    ['a resource that is no URL', { resource: 'models' }, 'invalid_target'],
    ['the gateway as resource', { resource: 'http://localhost' }, 'invalid_target'],
    ['no PKCE', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['PKCE in the clear', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['an implicit token', { response_type: 'token' }, 'unsupported_response_type'],
    ['an ID token', { response_type: 'code id_token' }, 'unsupported_response_type'],
    ['a request object', { request: 'eyJhbGciOiJub25lIn0.e30.' }, 'request_not_supported'],
  ];
  for (const [name, change, error] of refusedToClient) {
    test(`with ${name} is refused to the client, which learns from whom`, async () => {
      const { begun } = await begin(await rig.browser('scientist'), change);
      const where = new URL(begun.headers.location ?? 'about:blank');
      assert.equal(`${where.origin}${where.pathname}`, REDIRECT, begun.text);
      const answer = new URLSearchParams(where.search || where.hash.slice(1));
      assert.equal(answer.get('error'), error);
      assert.equal(answer.get('iss'), rig.api.url);
      assert.equal(answer.get('state'), 'a-state');
      assert.equal(answer.get('code'), null);
    });
  }

  test('for two targets is refused; for one in another spelling it is that one', async () => {
    const browser = await rig.browser('scientist');
    const { url } = await begin(browser);
    const two = await browser.get(`${url}&resource=${encodeURIComponent(`${rig.api.url}/mcp/payroll`)}`);
    assert.equal(told(two.headers.location).get('error'), 'invalid_target');
    const spelled = await begin(browser, { resource: `${rig.api.url.replace('localhost', 'LOCALHOST')}/mcp/models/` });
    assert.notEqual((await authorize(browser, spelled.url)).searchParams.get('code'), null);
  });

  test('with a parameter twice is refused, whichever it is', async () => {
    const browser = await rig.browser('scientist');
    const { url } = await begin(browser);
    for (const twice of [
      'client_id=x',
      'redirect_uri=https://evil.example',
      'scope=mcp:read&scope=mcp:write',
      'state=b',
      'code_challenge=x',
      'response_type=code',
    ]) {
      const answer = await browser.get(`${url}&${twice}`);
      assert.ok(answer.status === 400 || told(answer.headers.location).get('error') === 'invalid_request', twice);
      assert.ok(!String(answer.headers.location).includes('evil.example'));
    }
  });

  test('names the port where its program listens, and nothing else that was not registered (RFC 8252)', async () => {
    const browser = await rig.browser('scientist');
    const native = { redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback', 'cursor://anysphere/oauth'] };
    for (const redirect of ['http://127.0.0.1:53211/callback', 'http://localhost:1024/callback', 'cursor://anysphere/oauth']) {
      assert.equal((await begin(browser, { redirect_uri: redirect }, native)).begun.status, 303, redirect);
    }
    for (const redirect of [
      'http://127.0.0.1:53211/other',
      'http://127.0.0.2:53211/callback',
      'https://127.0.0.1:53211/callback',
      'http://127.0.0.1:53211@evil.example/callback',
      'cursor://other/oauth',
    ]) {
      assert.equal((await begin(browser, { redirect_uri: redirect }, native)).begun.status, 400, redirect);
    }
    assert.equal((await begin(browser, { redirect_uri: 'https://app.example:8443/callback' })).begun.status, 400, 'of a web client the port counts');
  });
});
