/** Passkeys in a real Chromium, with the authenticator that it has for tests. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { buildConsole, enter, launchBrowser, openPerson, type Person } from '../support/browser.ts';
import { faintTexts } from '../support/contrast.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gateway.ts';

const EMERGENCY = { name: 'break-glass', kind: 'person', groups: ['owners'], password: 'an-emergency-of-this-test-only' } as const;

let gateway: GatewayProcess;
let browser: Browser;
let person: Person;
let url: string;

before(async () => {
  await buildConsole();
  const target = { kind: 'Target', name: 'lab', protocol: 'mcp', address: 'http://127.0.0.1:9/mcp', owners: ['group:owners'] };
  // A passkey is bound to a name, and an address that is a number is none.
  gateway = await startGatewayProcess({ resources: [target], accounts: [EMERGENCY], config: (port) => ({ url: `http://localhost:${port}` }) });
  url = `http://localhost:${gateway.port}`;
  browser = await launchBrowser();
  person = await openPerson(browser);
  const devtools = await person.page.context().newCDPSession(person.page);
  await devtools.send('WebAuthn.enable');
  const options = { protocol: 'ctap2', transport: 'internal', hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } as const;
  await devtools.send('WebAuthn.addVirtualAuthenticator', { options });
});
after(async () => {
  await browser?.close();
  await gateway?.stop();
});

test('a passkey is added in the console, is asked for at the next sign-in, and can be taken away again', async () => {
  const { page, complaints } = person;
  const signedIn = () => page.getByRole('button', { name: 'Sign out' }).waitFor();
  await page.goto(url);
  await enter(page, EMERGENCY.name, EMERGENCY.password);
  await signedIn();
  await page.getByRole('button', { name: 'Passkeys' }).click();
  const dialog = page.getByRole('dialog', { name: 'Passkeys' });
  await dialog.getByLabel('Name of the new passkey').fill('key in the safe');
  await page.keyboard.press('Enter');
  await dialog.getByText('key in the safe').waitFor();
  await page.setViewportSize({ width: 400, height: 800 });
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    assert.equal(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'), 0);
    assert.deepEqual(await faintTexts(page), [], colorScheme);
    if (process.env['SCREENSHOTS']) await page.screenshot({ path: `${process.env['SCREENSHOTS']}/passkeys-${colorScheme}.png` });
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Sign out' }).click();

  const steps: string[] = [];
  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    if (pathname.startsWith('/api/sign-in') && response.request().method() === 'POST') steps.push(`${pathname} ${response.status()}`);
  });
  await enter(page, EMERGENCY.name, EMERGENCY.password);
  await signedIn();
  assert.deepEqual(steps, ['/api/sign-in 200', '/api/sign-in/passkey 200']);

  await page.getByRole('button', { name: 'Passkeys' }).click();
  await dialog.getByText(/used \d{4}-/).waitFor();
  await dialog.getByRole('button', { name: 'Remove key in the safe' }).click();
  await dialog.getByText('key in the safe').waitFor({ state: 'detached' });
  assert.deepEqual(complaints, []);
});

test('a browser that has another passkey does not come in with the password', async () => {
  const other = await openPerson(browser);
  await person.page.reload();
  await person.page.getByRole('button', { name: 'Passkeys' }).click();
  const dialog = person.page.getByRole('dialog', { name: 'Passkeys' });
  await dialog.getByLabel('Name of the new passkey').fill('again');
  await person.page.keyboard.press('Enter');
  await dialog.getByText('again').waitFor();
  const devtools = await other.page.context().newCDPSession(other.page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', transport: 'internal' } });
  await other.page.goto(url);
  await enter(other.page, EMERGENCY.name, EMERGENCY.password);
  await other.page.getByRole('alert').getByText('the passkey was not shown').waitFor();
  assert.equal(await other.page.getByRole('button', { name: 'Sign out' }).count(), 0);
});
