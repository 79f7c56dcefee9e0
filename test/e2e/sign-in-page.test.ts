/** The sign-in page in a real Chromium, with real providers on another site: what browsers do with cookies is a part of it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { buildConsole, enter, launchBrowser, openPerson, type Person } from '../support/browser.ts';
import { faintTexts } from '../support/contrast.ts';
import { CLIENT, startCorporateProvider, type CorporateProvider } from '../support/corporate-provider.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gateway.ts';

const EMERGENCY = { name: 'break-glass', kind: 'person', groups: ['owners'], password: 'an-emergency-of-this-test-only' } as const;
const EVERYDAY = { ...EMERGENCY, name: 'everyday' } as const;
const ANN = { id: '00u1', claims: { email: 'ann@example.com', email_verified: true, groups: ['staff', 'owners'] } };

let corporate: CorporateProvider;
let partner: CorporateProvider;
/** With two providers, and with one. */
let gateway: GatewayProcess;
let single: GatewayProcess;
let browser: Browser;
let person: Person;

const target = { kind: 'Target', name: 'lab', protocol: 'mcp', address: 'http://127.0.0.1:9/mcp', owners: ['group:owners'] };
const provider = (name: string, title: string, domains: readonly string[], issuer: string) => ({
  name,
  title,
  domains,
  oidc: { issuer, clientId: CLIENT.client_id, clientSecret: { env: 'CLIENT_SECRET' } },
});

before(async () => {
  await buildConsole();
  [corporate, partner] = [
    await startCorporateProvider({ gateways: [], host: 'localhost' }),
    await startCorporateProvider({ gateways: [], host: 'localhost', name: 'partner' }),
  ];
  const both = [
    provider('corp', 'Example Corporation', ['example.com', 'example.org'], corporate.issuer),
    provider('partner', 'Partner Ltd.', ['partner.example'], partner.issuer),
  ];
  const start = (providers: readonly object[], local: unknown) =>
    startGatewayProcess({
      resources: [target],
      accounts: [EMERGENCY, EVERYDAY],
      env: { CLIENT_SECRET: CLIENT.client_secret },
      config: { identity: { providers, local } },
    });
  [gateway, single] = [await start(both, [EMERGENCY.name]), await start(both.slice(0, 1), 'off')];
  for (const { url } of [gateway, single]) corporate.serve(url);
  partner.serve(gateway.url);
  browser = await launchBrowser();
  person = await openPerson(browser);
});
after(async () => {
  await browser?.close();
  await Promise.all([gateway?.stop(), single?.stop()]);
  await Promise.all([corporate?.close(), partner?.close()]);
});

const signedIn = (page: Page, name: string) =>
  page
    .getByRole('navigation', { name: 'Pages' })
    .waitFor()
    .then(() => page.getByText(name, { exact: true }).first().waitFor());
const focused = (page: Page): Promise<unknown> => page.evaluate('document.activeElement?.textContent || document.activeElement?.getAttribute("name")');

test('with one provider it is one key: away to the provider on another site, back to the page that was asked for, signed in', async () => {
  corporate.as(ANN);
  const { page } = person;
  await page.goto(`${single.url}/targets`);
  await page.getByRole('link', { name: 'Sign in with Example Corporation' }).waitFor();
  assert.equal(await page.getByText('local account').count(), 0);
  assert.equal(await page.getByLabel('Password').count(), 0);
  assert.equal(await focused(page), 'Sign in with Example Corporation');
  await page.keyboard.press('Enter');
  await signedIn(page, 'ann@example.com');
  assert.equal(new URL(page.url()).pathname, '/targets');
  const cookies = await page.context().cookies(single.url);
  assert.deepEqual(
    cookies.filter(({ name }) => name.startsWith('sallyport')).map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite]),
    [['sallyport', true, 'Strict']],
  );
  assert.ok(!page.url().includes('code='));
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Sign in with Example Corporation' }).waitFor();
});

test('with several providers the address that is typed leads to its own, by keys alone', async () => {
  partner.as({ id: 'p1', claims: { email: 'pat@partner.example', email_verified: true, groups: [] } });
  const { page } = await openPerson(browser);
  await page.goto(`${gateway.url}/sessions`);
  const input = page.getByLabel('E-mail address at work');
  await input.waitFor();
  assert.equal(await focused(page), 'email');
  for (const email of ['pat@nobody.example', 'pat@partner.example@evil.test']) {
    // The form's own check is the browser's: what it lets through is the gateway's to refuse.
    await page.evaluate('document.querySelector("form").noValidate = true');
    await input.fill(email);
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('no provider is configured for this address').waitFor();
  }
  await input.fill('pat@PARTNER.example');
  await page.keyboard.press('Enter');
  await signedIn(page, 'pat@partner.example');
  assert.equal(new URL(page.url()).pathname, '/sessions');
});

test('a provider that is chosen by its button signs in as well, and one that says too little is told so on a page with a way back', async () => {
  corporate.as(ANN);
  const { page } = await openPerson(browser);
  await page.goto(gateway.url);
  corporate.as({ ...ANN, claims: { email: 'ann@example.com', email_verified: true } });
  await page.getByRole('link', { name: 'Sign in with Example Corporation' }).click();
  await page.getByRole('heading', { name: 'You are not signed in' }).waitFor();
  await page.getByText('did not say which groups').waitFor();
  corporate.as(ANN);
  await page.getByRole('link', { name: 'Start again' }).click();
  await page.getByRole('link', { name: 'Sign in with Example Corporation' }).click();
  await signedIn(page, 'ann@example.com');
});

test('a local account is the way in for emergencies: only those that are named, behind a line that opens', async () => {
  const { page } = await openPerson(browser);
  await page.goto(gateway.url);
  await page.getByText('Use a local account').click();
  await enter(page, EVERYDAY.name, EVERYDAY.password);
  await page.getByRole('alert').getByText('the name or the password is wrong').waitFor();
  await enter(page, EMERGENCY.name, EMERGENCY.password);
  await signedIn(page, EMERGENCY.name);
});

test('it is as wide as a narrow screen, and every text of it stands out in light and in dark colours', async () => {
  const { page, complaints } = await openPerson(browser, { width: 400, height: 800 });
  const pages = [
    async () => {
      await page.goto(gateway.url);
      await page.getByText('Use a local account').click();
    },
    async () => void (await page.goto(single.url)),
    async () => void (await page.goto(`${gateway.url}/sign-in/corp/callback?state=x`)),
  ];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const [n, open] of pages.entries()) {
      await open();
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.getByRole('link').first().waitFor();
      assert.equal(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'), 0);
      assert.deepEqual(await faintTexts(page), [], `${n}, ${colorScheme}`);
      if (process.env['SCREENSHOTS']) await page.screenshot({ path: `${process.env['SCREENSHOTS']}/sign-in-${n}-${colorScheme}.png` });
    }
  }
  assert.deepEqual(complaints, []);
});
