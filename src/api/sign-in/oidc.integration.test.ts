import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { CLIENT, startCorporateProvider, type CorporateProvider } from '../../../test/support/corporate-provider.ts';
import { until } from '../../../test/support/until.ts';
import { WebBrowser } from '../../../test/support/web-browser.ts';
import { explainError } from '../../core/error.ts';
import { Secret } from '../../core/secret.ts';
import { createOidcProvider } from '../../identity/oidc/oidc-provider.ts';
import type { OidcSettings } from '../../identity/oidc/settings.ts';
import { startTestApi, type TestApi } from '../testing.ts';
import { pendingCookies } from './pending.ts';

const ANN = { id: '00u1', claims: { email: 'ann@example.com', email_verified: true, groups: ['ml-leads', 'staff'] } };

let api: TestApi;
let corporate: CorporateProvider;
/** Those of the provider that the next sign-in goes through. */
let settings: Partial<OidcSettings> = {};

const settingsOf = (issuer: string): OidcSettings => ({
  issuer,
  clientId: CLIENT.client_id,
  scopes: ['openid', 'email', 'profile'],
  claims: { id: 'sub', name: 'email', groups: 'groups' },
  groups: { from: 'token', missing: 'refuse', prefix: '' },
  require: {},
  trustEmail: false,
  domains: [],
});

before(async () => {
  api = await startTestApi({
    async providers(url) {
      corporate = await startCorporateProvider({ gateways: [url] });
      const secret = async (): Promise<Secret> => new Secret(CLIENT.client_secret);
      const make = () => createOidcProvider({ name: 'corp', title: 'Corp', settings: { ...settingsOf(corporate.issuer), ...settings }, secret });
      // Made anew for each use, so that each test has settings of its own.
      return [
        {
          name: 'corp',
          title: 'Corp',
          domains: ['example.com'],
          begin: (ask) => make().begin(ask),
          finish: (...given) => make().finish(...given),
          readLogout: (token) => make().readLogout?.(token) ?? assert.fail(),
        },
      ];
    },
  });
});
after(async () => {
  await api.close();
  await corporate.close();
});
beforeEach(() => corporate.as(ANN));
afterEach(() => {
  settings = {};
});

const me = async (browser: WebBrowser) =>
  (await (await browser.send(`${api.url}/api/me`)).json()) as { subject?: { name: string; groups: string[] }; csrf: string };

async function signIn(browser = new WebBrowser(), start = 'start') {
  const { response } = await browser.go(`${api.url}/sign-in/corp/${start}`);
  return { browser, status: response?.status ?? 0, page: (await response?.text()) ?? '' };
}

/** The address that the provider sends a browser back to; nobody has asked for it yet. */
async function callbackOf(browser: WebBrowser): Promise<string> {
  const { url } = await browser.go(`${api.url}/sign-in/corp/start`, (next) => next.startsWith(`${api.url}/`));
  return url;
}

const isSignedIn = async (browser: WebBrowser): Promise<boolean> => (await browser.send(`${api.url}/api/me`)).status === 200;

describe('with a provider of a company', () => {
  test('a person comes in with the name and the groups that the provider says, and is sent back to where they came from', async () => {
    const { browser, status, page } = await signIn(new WebBrowser(), 'start?return_to=/sessions?target=models');
    assert.equal(status, 200);
    assert.match(page, /content="0; url=\/sessions\?target=models"/);
    assert.deepEqual((await me(browser)).subject, { name: 'ann@example.com', kind: 'person', groups: ['ml-leads', 'staff'] });
    const event = api.events.findLast(({ kind }) => kind === 'signin.succeeded');
    assert.deepEqual([event?.subject?.issuer, event?.subject?.id], [corporate.issuer, '00u1']);
  });

  test('afterwards they are led to a path of this gateway, and to no other place', async () => {
    for (const place of ['https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:alert(1)'])
      assert.doesNotMatch((await signIn(new WebBrowser(), `start?return_to=${encodeURIComponent(place)}`)).page, /evil|javascript/, place);
  });

  test('a callback counts in the browser that began it, once, and for the provider that it began with', async () => {
    const [browser, stranger] = [new WebBrowser(), new WebBrowser()];
    const callback = await callbackOf(browser);
    for (const other of [callback.replace('/corp/', '/other/'), callback.replace(/state=[^&]+/, 'state='), callback.replace(/&?iss=[^&]+/, '')])
      assert.ok((await browser.send(other)).status >= 400, other);
    assert.ok(!(await isSignedIn(browser)));
    const again = await callbackOf(browser);
    const refused = await stranger.send(again);
    assert.equal(refused.status, 401);
    assert.match(await refused.text(), /was not begun in this browser/);
    assert.ok(!(await isSignedIn(stranger)));
    assert.equal((await browser.send(again)).status, 200);
    assert.ok(await isSignedIn(browser));
    assert.equal((await browser.send(again)).status, 401);
  });

  test('a code that was redeemed is not redeemed again in an attempt of somebody else', async () => {
    const [ann, mallory] = [new WebBrowser(), new WebBrowser()];
    const callback = await callbackOf(ann);
    assert.equal((await ann.send(callback)).status, 200);
    const mine = new URL(await callbackOf(mallory));
    mine.searchParams.set('code', new URL(callback).searchParams.get('code') ?? '');
    assert.equal((await mallory.send(mine.href)).status, 401);
    // Nor is one that nobody has redeemed: it is bound to its own attempt by PKCE.
    const [fresh, other] = [await callbackOf(ann), new URL(await callbackOf(mallory))];
    other.searchParams.set('code', new URL(fresh).searchParams.get('code') ?? '');
    assert.equal((await mallory.send(other.href)).status, 401);
    assert.ok(!(await isSignedIn(mallory)));
  });

  test('two attempts that are begun at once are both finished, each as whoever the provider says', async () => {
    const browser = new WebBrowser();
    const [first, second] = [await callbackOf(browser), await callbackOf(browser)];
    assert.equal((await browser.send(first)).status, 200);
    assert.equal((await browser.send(second)).status, 200);
    assert.equal((await me(browser)).subject?.name, 'ann@example.com');
  });

  test('a cookie that was planted before the sign-in is worth nothing after it, and the sign-in of before has ended', async () => {
    const browser = new WebBrowser();
    const { cookie = '' } = await api.signIn('colleague');
    const planted = cookie.split('=')[1] ?? '';
    browser.setCookie(api.url, 'sallyport', planted);
    await signIn(browser);
    assert.notEqual(browser.cookie(api.url, 'sallyport'), planted);
    assert.equal((await me(browser)).subject?.name, 'ann@example.com');
    assert.equal((await api.call('/api/me', { headers: { cookie } })).status, 401);
    const chosen = new WebBrowser();
    chosen.setCookie(api.url, 'sallyport', 'x'.repeat(43));
    await signIn(chosen);
    assert.equal((await api.call('/api/me', { headers: { cookie: `sallyport=${'x'.repeat(43)}` } })).status, 401);
  });

  test('whom the provider knows under another id is another person, whatever their address', async () => {
    await signIn();
    corporate.as({ ...ANN, id: '00u2' });
    await api.directory.deactivate({ issuer: corporate.issuer, kind: 'person', id: '00u2' });
    const { browser } = await signIn();
    assert.ok(await isSignedIn(browser));
    await api.directory.deactivate({ issuer: corporate.issuer, kind: 'person', id: '00u2' });
    assert.ok(!(await isSignedIn(browser)));
    corporate.as(ANN);
    assert.ok(await isSignedIn((await signIn()).browser));
    corporate.as({ ...ANN, id: '00u2' });
    const out = await signIn();
    assert.equal(out.status, 403);
    assert.match(out.page, /deactivated/);
    assert.ok(!(await isSignedIn(out.browser)));
  });

  test('a group that is taken away is gone from the next request on, and so is its token', async () => {
    corporate.as({ ...ANN, id: '00u3' });
    const { browser } = await signIn();
    const name = { issuer: corporate.issuer, kind: 'person', id: '00u3', name: 'ann@example.com' } as const;
    assert.deepEqual((await me(browser)).subject?.groups, ['ml-leads', 'staff']);
    await api.directory.put({ ...name, groups: ['staff'] });
    assert.deepEqual((await me(browser)).subject?.groups, ['staff']);
    // What the provider's claims say no longer counts: provisioning keeps the groups.
    assert.deepEqual((await me((await signIn()).browser)).subject?.groups, ['staff']);
  });

  test('nobody comes in about whom the provider says too little, and the page says what is missing', async () => {
    assert.equal((await signIn()).status, 200);
    const cases: readonly (readonly [Record<string, unknown>, RegExp])[] = [
      [{ email: 'ann@example.com', email_verified: true }, /did not say which groups/],
      [{ email: 'ann@example.com', email_verified: true, _claim_names: { groups: 's' } }, /more groups than fit/],
      [{ email: 'ann@example.com', email_verified: false, groups: [] }, /not verified/],
      [{ groups: [] }, /email is missing/],
    ];
    for (const [claims, message] of cases) {
      corporate.as({ id: '00u4', claims });
      const { browser, status, page } = await signIn();
      assert.equal(status, 401);
      assert.match(page, message);
      assert.ok(!(await isSignedIn(browser)));
      assert.match(api.events.at(-1)?.note ?? '', message);
      assert.equal(api.events.at(-1)?.kind, 'signin.failed');
    }
  });

  test('groups come from userinfo, or from a path in the token, where that is configured', async () => {
    corporate.as({
      id: '00u5',
      claims: { email: 'bob@example.com', email_verified: true, realm_access: { roles: ['admin'] } },
      userinfo: { email: 'bob@example.com', groups: ['of-userinfo'] },
    });
    settings = { groups: { from: 'userinfo', missing: 'refuse', prefix: 'corp/' } };
    assert.deepEqual((await me((await signIn()).browser)).subject?.groups, ['corp/of-userinfo']);
    settings = { claims: { id: 'sub', name: 'email', groups: 'realm_access.roles' } };
    assert.deepEqual((await me((await signIn()).browser)).subject?.groups, ['admin']);
  });

  test('signing out ends this sign-in; everywhere ends them all, and whatever was issued through them', async () => {
    const [laptop, phone, desk] = [(await signIn()).browser, (await signIn()).browser, (await signIn()).browser];
    const signOut = async (browser: WebBrowser, body: object) => {
      const { csrf } = await me(browser);
      const headers = { 'content-type': 'application/json', 'x-csrf-token': csrf };
      return browser.send(`${api.url}/api/sign-out`, { method: 'POST', headers, body: JSON.stringify(body) });
    };
    const ids = await Promise.all(
      [laptop, phone, desk].map(
        async (browser) =>
          (
            await api.storage.db
              .selectFrom('sign_ins')
              .select('secret_hash')
              .where('csrf', '=', (await me(browser)).csrf)
              .executeTakeFirstOrThrow()
          ).secret_hash,
      ),
    );
    assert.equal((await signOut(laptop, {})).status, 200);
    assert.deepEqual(await Promise.all([laptop, phone, desk].map(isSignedIn)), [false, true, true]);
    assert.deepEqual(
      ids.map((id) => api.revocations.hasEnded([id])),
      [true, false, false],
    );
    assert.equal((await signOut(phone, { everywhere: true })).status, 200);
    assert.deepEqual(await Promise.all([laptop, phone, desk].map(isSignedIn)), [false, false, false]);
    assert.ok(ids.every((id) => api.revocations.hasEnded([id])));
  });

  test('who signs out at the provider is signed out here; nobody else can say so', async () => {
    const { browser } = await signIn();
    const { browser: colleague } = await (corporate.as({ ...ANN, id: '00u6' }), signIn());
    const logout = (body: string) =>
      browser.send(`${api.url}/sign-in/corp/back-channel-logout`, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body });
    for (const body of ['', 'logout_token=x.y.z', 'logout_token=a&logout_token=b', 'other=1']) assert.equal((await logout(body)).status, 400, body);
    assert.ok(await isSignedIn(browser));
    await corporate.signOut(browser);
    await until('the sign-in to end', async () => ((await isSignedIn(browser)) ? undefined : true));
    assert.ok(await isSignedIn(colleague));
  });

  test('a form that somebody else filled in with an address leads nowhere but to the provider, and only a plain address goes along', async () => {
    const location = async (query: string) => new URL((await new WebBrowser().send(`${api.url}/sign-in/corp/start?${query}`)).headers.get('location') ?? '');
    const away = await location('email=ann%40example.com');
    assert.equal(away.origin, corporate.issuer);
    assert.equal(away.searchParams.get('login_hint'), 'ann@example.com');
    for (const email of ['ann@example.com@evil.test', 'x', '"><script>'])
      assert.equal((await location(`email=${encodeURIComponent(email)}`)).searchParams.get('login_hint'), null);
    assert.equal((await new WebBrowser().send(`${api.url}/sign-in/nobody/start`)).status, 404);
  });

  test('an address that was typed leads to the provider of its domain, and one with two domains to none', async () => {
    const route = async (email: string) => (await api.call('/api/sign-in/route', { method: 'POST', body: { email } })).json['provider'];
    for (const email of ['ann@example.com', ' bob@EXAMPLE.com ']) assert.equal(await route(email), 'corp');
    for (const email of [
      'ann@other.example',
      'ann@sub.example.com',
      'ann@example.com@evil.test',
      'ann@evil.test@example.com',
      'ann@evil.test,bob@example.com',
      'x',
    ])
      assert.equal(await route(email), null);
    assert.deepEqual((await api.call('/api/sign-in/options')).json, { providers: [{ name: 'corp', title: 'Corp' }], local: true });
  });

  test('what the provider says when it refuses is not shown, and a provider that does not answer is told as such', async () => {
    const browser = new WebBrowser();
    const callback = new URL(await callbackOf(browser));
    callback.searchParams.delete('code');
    callback.searchParams.set('error', 'access_denied');
    callback.searchParams.set('error_description', '<script>alert(1)</script>');
    const page = await (await browser.send(callback.href)).text();
    assert.match(page, /did not sign you in: access_denied/);
    assert.doesNotMatch(page, /script|alert/);
    settings = { issuer: 'http://127.0.0.1:9' };
    const down = await signIn();
    assert.equal(down.status, 502);
    assert.match(down.page, /could not be reached/);
  });

  test('no code, token, state, cookie or secret is in a page, an event or a report', async () => {
    const browser = new WebBrowser();
    const { page } = await signIn(browser);
    const seen = browser.visited.flatMap((url) =>
      [...new URL(url).searchParams].filter(([name]) => ['code', 'state', 'code_challenge', 'nonce'].includes(name)).map(([, value]) => value),
    );
    assert.ok(seen.length >= 3);
    const cookie = browser.cookie(api.url, 'sallyport') ?? assert.fail();
    const failed = new WebBrowser();
    const callback = new URL(await callbackOf(failed));
    callback.searchParams.set('code', 'canary-code-of-nobody');
    const refused = await (await failed.send(callback.href)).text();
    const said = JSON.stringify([page, refused, api.events, api.reports.map((error) => explainError(error))]);
    for (const secret of [...seen, cookie, CLIENT.client_secret, 'canary-code', callback.searchParams.get('state') ?? assert.fail()])
      assert.ok(!said.includes(secret), secret);
  });
});

test('over https the cookie of an attempt is bound to the host, and its value opens under its own state and installation only', () => {
  const make = (key: number, now = 0) => pendingCookies({ url: 'https://gw.example', key: Buffer.alloc(32, key), now: () => now });
  const [state, other] = ['a'.repeat(43), 'b'.repeat(43)];
  const [line = ''] = make(1).set({ state, kept: '[]', provider: 'corp', returnTo: '/', endsAt: 1000 }, '');
  assert.match(line, /^__Host-sallyport-start-a{16}=[\w-]+; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/);
  const cookie = line.split(';')[0] ?? '';
  assert.equal(make(1).read(state, cookie)?.provider, 'corp');
  assert.equal(make(1).read(other, cookie.replace('a'.repeat(16), 'b'.repeat(16))), undefined);
  assert.equal(make(2).read(state, cookie), undefined);
  assert.equal(make(1, 1000).read(state, cookie), undefined);
  assert.equal(make(1).read(state, `${cookie}; ${cookie}`), undefined);
  assert.equal(make(1).read(state, `${cookie.slice(0, -2)}xx`), undefined);
  const many = Array.from({ length: 8 }, (_, n) => `__Host-sallyport-start-${n}=x`).join('; ');
  assert.equal(
    make(1)
      .set({ state, kept: '[]', provider: 'corp', returnTo: '/', endsAt: 1 }, many)
      .filter((each) => each.includes('Max-Age=0')).length,
    3,
  );
});
