import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SMTPServer } from 'smtp-server';
import { openApprovals, type ApprovalService } from '../approval/approvals.ts';
import { agentOf, askFor, KEY, lead, MemoryRecorder, person, requirement, scientist } from '../approval/fixtures.ts';
import { openStorage, type Storage } from '../storage/storage.ts';
import { startReceiver, type Answer, type Receiver } from '../../test/support/receiver.ts';
import { until } from '../../test/support/until.ts';
import { startNotices } from './notices.ts';
import type { NotifySettings } from './settings.ts';

const URL_OF_GATEWAY = 'http://gateway.test:7600';
const SECRET = 'webhook secret of this test';
const folder = mkdtempSync(join(tmpdir(), 'sallyport-notices-'));

interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

const mails: Mail[] = [];
let busy = 0;
const smtp = new SMTPServer({
  disabledCommands: ['AUTH', 'STARTTLS'],
  logger: false,
  onData(stream, session, done) {
    let text = '';
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    stream.on('end', () => {
      if (busy > 0) {
        busy -= 1;
        return done(Object.assign(new Error('try later'), { responseCode: 451 }));
      }
      const { mailFrom, rcptTo } = session.envelope;
      mails.push({ from: mailFrom === false ? '' : mailFrom.address, to: rcptTo.map(({ address }) => address), text: unfolded(text) });
      done();
    });
  },
});

/** Quoted-printable and long headers, as a mail program reads them. */
function unfolded(mail: string): string {
  const text = mail
    .replaceAll(/=\r\n/g, '')
    .replaceAll(/\r\n[ \t]/g, ' ')
    .replaceAll('\r\n', '\n');
  const bytes = text.replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}

let storage: Storage;
let approvals: ApprovalService;
let receiver: Receiver;
let answer: Answer = {};
let args = 0;
const reports: unknown[] = [];

before(async () => {
  process.env['NOTICE_TEST_SECRET'] = SECRET;
  await new Promise<void>((resolve) => void smtp.listen(0, '127.0.0.1', () => resolve()));
  receiver = await startReceiver(() => answer);
  storage = await openStorage({ url: join(folder, 'db') });
  approvals = await openApprovals({ storage, recorder: new MemoryRecorder(), key: KEY, owner: 'gateway-1' });
});
after(async () => {
  await approvals.close();
  await storage.close();
  await receiver.close();
  await new Promise<void>((resolve) => smtp.close(() => resolve()));
  rmSync(folder, { recursive: true, force: true });
});

const email = (): NotifySettings => ({
  email: {
    smtp: { host: 'localhost', port: (smtp.server.address() as AddressInfo).port, security: 'none' },
    from: 'sallyport@example.com',
    to: { 'group:ml-leads': ['lead@example.com', 'others@example.com'], 'group:sales': ['sales@example.com'] },
    people: { 'lead@example.com': 'lead', 'sales@example.com': 'stranger' },
  },
});
const webhook = (path = '/hook'): NotifySettings => ({ webhook: { url: `${receiver.url}${path}`, secret: { env: 'NOTICE_TEST_SECRET' }, people: [] } });
const ask = (shown?: string, more: Parameters<typeof askFor>[0] = {}) => {
  const asked = askFor({ args: { n: (args += 1) }, ...more });
  return approvals.request(shown === undefined ? asked : { ...asked, shown });
};

async function withNotices(
  settings: readonly NotifySettings[],
  work: () => Promise<void>,
  more: { readonly backOffMs?: readonly number[] } = {},
): Promise<void> {
  const directory = async (name: string) => [lead, scientist].find((one) => one.name === name);
  const notices = startNotices({
    settings,
    url: URL_OF_GATEWAY,
    key: KEY,
    approvals,
    directory,
    storage,
    backOffMs: [5, 5],
    report: (error) => void reports.push(error),
    ...more,
  });
  try {
    await work();
  } finally {
    await notices.close();
  }
}

const mailTo = (to: string, part: string) => until(`mail to ${to}`, () => mails.find((mail) => mail.to.includes(to) && mail.text.includes(part)));

test('those who may answer get a mail each, with all that decides; only a known person gets a link, and nobody else a mail', async () => {
  await withNotices([email()], async () => {
    const { id, digest } = await ask('{"name":"größer\u202Ereversed"}');
    const [mine, others] = [await mailTo('lead@example.com', id), await mailTo('others@example.com', id)];
    for (const part of [
      digest,
      'person:scientist',
      'tools/call update_deployment',
      'a change takes a lead',
      'größer\\u{202e}reversed',
      `${URL_OF_GATEWAY}/approvals/${id}`,
    ])
      assert.ok(others.text.includes(part), part);
    assert.match(mine.text, /http:\/\/gateway\.test:7600\/links\/[\w-]+\.[\w-]{43}\n/);
    assert.doesNotMatch(others.text, /\/links\//);
    assert.deepEqual([mine.from, mine.to], ['sallyport@example.com', ['lead@example.com']]);
    assert.ok(!mails.some(({ to }) => to.includes('sales@example.com')));
    await approvals.answer(id, lead, 'deny', 'not now');
    assert.match((await mailTo('others@example.com', 'denied by lead: not now')).text, /\[denied\]/);
  });
});

test('a name that holds line breaks adds no header to a mail', async () => {
  await withNotices([email()], async () => {
    const { id } = await ask(undefined, { subject: { ...person('evil\r\nBcc: victim@example.com', 'data-science'), id: 'evil' } });
    const mail = await mailTo('lead@example.com', id);
    assert.deepEqual(mail.to, ['lead@example.com']);
    assert.doesNotMatch(mail.text, /^Bcc:/im);
  });
});

test('a mail server that is busy is tried again', async () => {
  busy = 1;
  await withNotices([email()], async () => {
    const { id } = await ask();
    await mailTo('lead@example.com', id);
    await mailTo('others@example.com', id);
    assert.equal(busy, 0);
  });
});

test('a webhook is signed over id, time and body, says who asked on whose behalf, and gets the answer as well', async () => {
  await withNotices([webhook()], async () => {
    const { id } = await ask(undefined, { subject: agentOf(person('colleague', 'data-science')) });
    await approvals.answer(id, lead, 'approve', 'fine');
    const about = await until('both', () => {
      const all = receiver.received.filter(({ json }) => json.data.id === id);
      return all.length === 2 ? all : undefined;
    });
    assert.deepEqual(about.map(({ json }) => json.type).toSorted(), ['approval.answered', 'approval.requested']);
    for (const { headers, body, json } of about) {
      const signed = [headers['webhook-id'], headers['webhook-timestamp'], body].join('.');
      assert.equal(headers['webhook-signature'], `v1,${createHmac('sha256', SECRET).update(signed).digest('base64')}`);
      assert.ok(Math.abs(Number(headers['webhook-timestamp']) * 1000 - Date.now()) < 60_000);
      assert.match(json.data.text, /asked by: ai-agent:colleague-helper \(data-science\) on behalf of colleague/);
      assert.deepEqual(json.data.links, []);
    }
  });
});

test('a receiver that fails is tried again with the same id; one that redirects is not followed; neither holds an approval up', async () => {
  const at = (path: string) => receiver.received.filter((one) => one.path === path);
  answer = { status: 307, headers: { location: `${receiver.url}/elsewhere` } };
  await withNotices([webhook('/redirects')], async () => {
    const { id } = await ask();
    assert.equal((await approvals.answer(id, lead, 'approve', '')).status, 'granted');
    assert.equal(await approvals.execute(id, 'intent'), true);
    const mine = () => at('/redirects').filter(({ json }) => json.data.id === id);
    await until('all tries', () => (mine().length === 6 ? true : undefined));
    assert.equal(new Set(mine().map(({ headers }) => headers['webhook-id'])).size, 2);
    assert.equal(at('/elsewhere').length, 0);
  });
  answer = {};
  await until('the operator to be told', () => (reports.some((error) => /webhook 127\.0\.0\.1:\d+ was not told/.test(String(error))) ? true : undefined));
});

for (const url of [
  'http://169.254.169.254/latest/meta-data',
  'http://[fd00:ec2::254]/',
  'http://[::ffff:169.254.169.254]/',
  'http://0xa9fea9fe/',
  'http://2852039166/',
]) {
  test(`a webhook at ${url} is never called`, async () => {
    const before = reports.length;
    await withNotices([{ webhook: { url, secret: { env: 'NOTICE_TEST_SECRET' }, people: [] } }], async () => {
      await ask();
      await until('the refusal', () => (reports.length > before ? true : undefined));
      assert.match(String((reports.at(-1) as Error).cause), /not an address that may be reached/);
    });
  });
}

test('a mail server at a link-local address is never called', async () => {
  const before = reports.length;
  const { email: settings } = email() as Extract<NotifySettings, { email: unknown }>;
  await withNotices([{ email: { ...settings, smtp: { host: '169.254.169.254', port: 25, security: 'none' } } }], async () => {
    await ask();
    await until('the refusal', () => (reports.length > before ? true : undefined));
    assert.match(String((reports.at(-1) as Error).cause), /not an address that may be reached/);
  });
});

test('of two processes on one database, only the one that made the change tells people', async () => {
  const other = await openApprovals({ storage, recorder: new MemoryRecorder(), key: KEY, owner: 'gateway-2' });
  const heard: string[] = [];
  other.onOwnChange(({ id }) => void heard.push(id));
  const seen = Promise.withResolvers<void>();
  const { id } = await ask();
  other.onChange((approval) => approval.id === id && seen.resolve());
  await seen.promise;
  await other.close();
  assert.deepEqual(heard, []);
});

test('break-glass tells owners and reviewers at once, in words that nobody overlooks', async () => {
  const { email: settings } = email() as Extract<NotifySettings, { email: unknown }>;
  const to = { 'group:owners': ['owner@example.com'], 'group:security': ['security@example.com'], 'group:ml-leads': ['lead@example.com'] };
  await withNotices([{ email: { ...settings, to } }], async () => {
    const { session, decision } = askFor();
    const breakGlass = { owners: ['group:owners'], review: ['group:security'] };
    const window = { pattern: 'tools/call *', durationMs: 60_000, reason: 'the site is down', breakGlass };
    const review = { ...decision, approvals: [requirement({ rule: 'break-glass', from: breakGlass.review })] };
    const { id } = await approvals.requestWindow({ session, window, decision: review });
    for (const address of ['owner@example.com', 'security@example.com']) {
      const { text } = await mailTo(address, id);
      for (const part of ['[BREAK-GLASS ACCESS] scientist', 'every command tools/call * for 1 minutes', 'the site is down', 'has to be reviewed'])
        assert.ok(text.includes(part), part);
      assert.doesNotMatch(text, /^\s*risk\b/m, 'nobody knows the risk of all that it lets through');
    }
    assert.ok(!mails.some((mail) => mail.text.includes(id) && mail.to.includes('lead@example.com')));
  });
});

test('two requirements that name one group tell its members once', async () => {
  await withNotices([email()], async () => {
    const { id } = await ask(undefined, { approvals: [requirement(), requirement({ rule: 'second', from: ['group:ml-leads', 'group:security'] })] });
    await mailTo('lead@example.com', id);
    await mailTo('others@example.com', id);
    assert.equal(mails.filter((mail) => mail.text.includes(id) && mail.to.includes('lead@example.com')).length, 1);
  });
});

const about = (id: string, path = '/hook') => receiver.received.filter((one) => one.path === path && one.json.data.id === id);

test('what could not be told before the gateway stopped is told by the next one, under the same id', async () => {
  answer = { status: 503 };
  let id = '';
  await withNotices(
    [webhook('/later')],
    async () => {
      ({ id } = await ask());
      await until('a first try', () => (about(id, '/later').length > 0 ? true : undefined));
    },
    { backOffMs: Array.from({ length: 100 }, () => 20) },
  );
  answer = {};
  const before = about(id, '/later').length;
  await withNotices([webhook('/later')], async () => {
    await until('the message', () => (about(id, '/later').length > before ? true : undefined));
  });
  assert.equal(new Set(about(id, '/later').map(({ headers }) => headers['webhook-id'])).size, 1);
});

test('an approval whose process died before it told anybody is told by whoever starts next, once', async () => {
  const waiting = await ask();
  await withNotices([webhook()], async () => {
    await until('the notice', () => (about(waiting.id).length > 0 ? true : undefined));
  });
  const answered = await ask();
  // Nobody listens: as if the process had died between its answer and its message.
  await approvals.answer(answered.id, lead, 'deny', 'no');
  await withNotices([webhook()], async () => {
    await until('the answer', () => (about(answered.id).length > 0 ? true : undefined));
    assert.deepEqual(
      about(answered.id).map(({ json }) => json.type),
      ['approval.answered'],
    );
  });
  await withNotices([webhook()], async () => {
    const { id } = await ask();
    await until('a later one', () => (about(id).length > 0 ? true : undefined));
  });
  assert.equal(about(waiting.id).length, 1);
  assert.equal(about(answered.id).length, 1);
});

test('two processes on one table send each message once', async () => {
  await withNotices([webhook('/two')], () =>
    withNotices([webhook('/two')], async () => {
      const ids = await Promise.all(Array.from({ length: 10 }, async () => (await ask()).id));
      for (const id of ids) await until('the notice', () => (about(id, '/two').length > 0 ? true : undefined));
      assert.deepEqual(
        ids.map((id) => about(id, '/two').length),
        ids.map(() => 1),
      );
    }),
  );
});

test('people are not asked for what was answered while the mail server was away; they are told of the answer', async () => {
  busy = 1_000;
  let id = '';
  await withNotices([email()], async () => {
    ({ id } = await ask());
    await until('a try', () => (busy < 1_000 ? true : undefined));
    await approvals.answer(id, lead, 'deny', 'too late to ask');
  });
  busy = 0;
  await withNotices([email()], async () => {
    await mailTo('lead@example.com', 'too late to ask');
  });
  assert.deepEqual(
    mails.filter(({ text, to }) => text.includes(id) && to.includes('lead@example.com')).map(({ text }) => /\[(approval needed|denied)\]/.exec(text)?.[1]),
    ['denied'],
  );
});
