import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { CLIENT, startCorporateProvider, type CorporateProvider } from '../../../test/support/corporate-provider.ts';
import { WebBrowser } from '../../../test/support/web-browser.ts';
import { Secret } from '../../core/secret.ts';
import { createOidcProvider } from '../../identity/oidc/oidc-provider.ts';
import type { OidcSettings } from '../../identity/oidc/settings.ts';
import { startTestApi, type TestApi } from '../testing.ts';

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

describe('with a provider of a company', () => {
  test('a person comes in with the name and the groups that the provider says, and is sent back to where they came from', async () => {
    const browser = new WebBrowser();
    const { response } = await browser.go(`${api.url}/sign-in/corp/start?return_to=/sessions?target=models`);
    assert.equal(response?.status, 200);
    assert.match((await response?.text()) ?? '', /content="0; url=\/sessions\?target=models"/);
    assert.deepEqual((await me(browser)).subject, { name: 'ann@example.com', kind: 'person', groups: ['ml-leads', 'staff'] });
    const event = api.events.findLast(({ kind }) => kind === 'signin.succeeded');
    assert.deepEqual([event?.subject?.issuer, event?.subject?.id], [corporate.issuer, '00u1']);
  });
});
