/** The console in a real Chromium, served by a real gateway, with real clients on the other side. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import { signIn, type Api } from '../support/api.ts';
import { buildConsole, enter, launchBrowser, openPerson, type Person } from '../support/browser.ts';
import { CLIENT_KINDS, readable, type TestClient } from '../support/clients.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gateway.ts';
import { until } from '../support/until.ts';
import { startWorkbench, type Workbench } from '../support/workbench.ts';

const LEAD = { name: 'lead', kind: 'person', groups: ['ml-leads'], password: 'a-lead-of-this-test-only' } as const;
const SCIENTIST = { name: 'scientist', kind: 'person', groups: ['data-science'], password: 'a-scientist-of-this-test-only' } as const;
const OWNED = '<script>window.owned = 1</script><img src="x" onerror="window.owned = 1">';
const HOSTILE = `a report\u202Efdp.exe\u200B ${OWNED}`;
const ANSI = `\u001b[2K\u001b[1Gsafe\u0007 ${OWNED}\u202E`;

/** What no reader sees, or a terminal obeys. */
const HIDDEN = /\p{Cf}|[^\P{Cc}\n\t]/u;

const POLICY = {
  kind: 'Policy',
  name: 'workbench',
  targets: ['workbench'],
  rules: [
    { name: 'echo', subjects: ['group:data-science'], allow: ['tools/list', 'tools/call echo'] },
    {
      name: 'writes-need-a-lead',
      subjects: ['group:data-science'],
      review: ['tools/call held_write'],
      approval: { from: ['group:ml-leads'], quorum: 1, reason: 'required' },
    },
  ],
  masks: [{ detect: ['email'] }],
};

let workbench: Workbench;
let gateway: GatewayProcess;
let browser: Browser;
let lead: Person;
let scientist: Person;
let client: TestClient;
let leadApi: Api;
let held: Promise<unknown>;

before(async () => {
  await buildConsole();
  workbench = await startWorkbench();
  const target = { kind: 'Target', name: 'workbench', protocol: 'mcp', address: workbench.url, owners: ['group:ml-leads'] };
  gateway = await startGatewayProcess({ resources: [target, POLICY], accounts: [LEAD, SCIENTIST] });
  browser = await launchBrowser();
  lead = await openPerson(browser);
  scientist = await openPerson(browser);
  leadApi = await signIn(gateway.url, LEAD.name, LEAD.password);
  const api = await signIn(gateway.url, SCIENTIST.name, SCIENTIST.password);
  const [kind] = CLIENT_KINDS;
  assert.ok(kind);
  client = await kind.connect(gateway.endpoint('workbench'), await api.token('workbench'));
});

after(async () => {
  await client?.close();
  await browser?.close();
  await gateway?.stop();
  await workbench?.close();
});

const command = (page: Page): Locator => page.locator('figure', { hasText: 'Exact command' }).locator('pre');
const request = (page: Page): Locator => page.getByRole('article');
const textOf = async (page: Page): Promise<string> => (await page.locator('body').textContent()) ?? '';
const owned = (page: Page): Promise<unknown> => page.evaluate(() => (globalThis as { owned?: unknown }).owned);

test('a wrong password is refused with a way out, and shows nothing', async () => {
  const { page } = lead;
  await page.goto(gateway.url);
  await enter(page, LEAD.name, 'not it');
  await page.getByRole('alert').waitFor();
  assert.equal(await page.getByRole('navigation').count(), 0);
});

test('the right password opens the inbox, which says so when it is empty', async () => {
  const { page } = lead;
  await enter(page, LEAD.name, LEAD.password);
  await page.getByText('No request waits, and none ever did').waitFor();
  await page.getByText('You may reach no target').waitFor();
  assert.equal(await page.evaluate('document.cookie'), '', 'no script can read the sign-in');
});

test('the requester sees that it waits for others and cannot answer; the approver sees it without a reload, told aloud', async () => {
  await scientist.page.goto(gateway.url);
  await enter(scientist.page, SCIENTIST.name, SCIENTIST.password);
  await scientist.page.getByText('No request waits').waitFor();
  await scientist.page.getByText(gateway.endpoint('workbench')).first().waitFor();
  await lead.page.evaluate(() => Object.assign(globalThis, { sameLoad: true }));

  held = client.call('held_write', { key: HOSTILE }, { timeout: 60_000 });
  await command(lead.page).waitFor();
  await lead.page.getByTestId('announcement').getByText('scientist asks for tools/call held_write on workbench').waitFor({ state: 'attached' });
  assert.equal(await lead.page.evaluate(() => (globalThis as { sameLoad?: boolean }).sameLoad), true);
  assert.match(await lead.page.title(), /^\(1\)/);
  await request(lead.page).getByRole('button', { name: 'Approve' }).waitFor();

  await scientist.page.getByText('You asked for this. It waits for group:ml-leads.').waitFor();
  assert.equal(await scientist.page.getByRole('button', { name: 'Approve' }).count(), 0);
});

test('hostile text in a command is shown as it is and does nothing: direction, invisible characters, markup', async () => {
  const shown = (await command(lead.page).textContent()) ?? '';
  assert.match(shown, /a report⟨U\+202E⟩fdp\.exe⟨U\+200B⟩ <script>window\.owned = 1<\/script><img src=/);
  assert.doesNotMatch(await textOf(lead.page), HIDDEN);
  assert.equal(await owned(lead.page), undefined);
  assert.equal(await command(lead.page).locator('script, img').count(), 0);
});

test('approved with the keyboard alone, with the reason that the rule asks for, it runs once', async () => {
  const { page } = lead;
  // After g, a key says where to go: this d denies nothing.
  await page.keyboard.press('g');
  await page.keyboard.press('d');
  await page.keyboard.press('a');
  const dialog = page.getByRole('dialog', { name: 'Approve this command?' });
  await dialog.waitFor();
  const { digest, risk } = (await leadApi.approvals())[0] ?? assert.fail('nothing is pending');
  const told = (await dialog.textContent()) ?? '';
  for (const part of ['scientist', 'writes-need-a-lead', digest, `${risk.score} of 100`, 'a report⟨U+202E⟩fdp.exe⟨U+200B⟩'])
    assert.ok(told.includes(part), part);
  for (const { name } of risk.factors) assert.ok(told.includes(name), name);
  assert.doesNotMatch(told, HIDDEN);
  await page.keyboard.press('Enter');
  assert.equal((await leadApi.approvals())[0]?.status, 'pending', 'no answer without a reason');
  await page.keyboard.type('checked with the owner');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await held;
  assert.deepEqual(workbench.written, [HOSTILE]);
  await request(page).getByText('approved, ran').waitFor();
  await request(page).getByText('checked with the owner').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Approve' }).count(), 0);
});

test('a long command says that it is cut, how long it is and its digest; denied, it does not run', async () => {
  const { page } = lead;
  const key = 'k'.repeat(9_000);
  const call = client.call('held_write', { key }, { timeout: 60_000 }).catch((error: unknown) => error);
  const row = page.locator('[data-row]').first();
  await page.getByRole('heading', { name: /Needs your answer/ }).waitFor();
  await row.focus();
  await page.keyboard.press('Enter');
  await page.getByText('Not all is shown.').waitFor();
  const { shown } = (await leadApi.approvals())[0] ?? assert.fail('nothing is pending');
  await page.getByText(`has ${shown.length.toLocaleString('en')} characters`).waitFor();
  await page.getByText(`SHA-256 ${createHash('sha256').update(shown).digest('hex')}`).waitFor();
  assert.doesNotMatch((await command(page).textContent()) ?? '', new RegExp(key));
  await page.keyboard.press('a');
  await page.getByText('You have not had the whole command in view').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Show all' }).click();
  assert.match((await command(page).textContent()) ?? '', new RegExp(key));

  await page.keyboard.press('d');
  await page.getByRole('dialog', { name: 'Deny this command?' }).waitFor();
  await page.keyboard.type('too long to judge');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await request(page).getByText('too long to judge').waitFor();
  await call;
  assert.deepEqual(workbench.written, [HOSTILE], 'only what was approved ran');
});

test('a session is found and replayed with the keyboard: order, decisions, masks, the approval, hostile bodies as text', async () => {
  const { page } = lead;
  assert.match(readable(await client.call('echo', { value: `${ANSI} jane.doe@example.com` })), /safe/);
  await until('the session to be indexed', async () => ((await leadApi.sessions()).some((session) => session.subject === SCIENTIST.name) ? true : undefined));
  await page.keyboard.press('g');
  await page.keyboard.press('s');
  await page.getByRole('cell', { name: SCIENTIST.name }).first().waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('nobody-at-all');
  await page.getByText(/^0 of all/).waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');

  await page.getByRole('button', { name: /tools\/call echo/ }).waitFor();
  const headlines = await page.locator('[data-row]').allTextContents();
  const writes = headlines.findIndex((text) => text.includes('held_write'));
  assert.ok(writes >= 0 && writes < headlines.findIndex((text) => text.includes('tools/call echo')), 'in the order in which they were asked');
  assert.match(headlines.find((text) => text.includes('tools/call echo')) ?? '', /masked.*replied/);
  const text = await textOf(page);
  assert.match(text, /by rule writes-need-a-lead/);
  assert.match(text, /too long to judge|denied/);
  assert.doesNotMatch(text, /jane\.doe@example\.com/);
  assert.doesNotMatch(text, HIDDEN);
  assert.match(text, /<script>window\.owned = 1<\/script>/);
  assert.equal(await owned(page), undefined);
});

test('the help is one key away and closes with Escape', async () => {
  const { page } = lead;
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
});

test('the page asked nobody but the gateway, and broke none of its own rules', () => {
  for (const { requested, complaints } of [lead, scientist]) {
    assert.deepEqual([...new Set(requested.map((url) => new URL(url).origin))], [gateway.url]);
    assert.deepEqual(complaints, []);
  }
});

test('signing out ends access: for the page, for another tab, and for the cookie itself', async () => {
  const { page } = lead;
  const context = page.context();
  const cookies = await context.cookies();
  const other = await context.newPage();
  await other.goto(`${gateway.url}/sessions`);
  await other.getByRole('heading', { name: 'Sessions' }).waitFor();

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  assert.doesNotMatch(await textOf(page), /held_write/);
  await other.reload();
  await other.getByRole('button', { name: 'Sign in' }).waitFor();
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  const reply = await fetch(`${gateway.url}/api/approvals?status=all`, { headers: { cookie } });
  assert.equal(reply.status, 401);
});
