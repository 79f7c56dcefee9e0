import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { newId } from '../../core/id.ts';
import { startTestApi, type TestApi } from '../testing.ts';

let api: TestApi;
let as: Record<'scientist' | 'colleague' | 'lead' | 'owner', Record<string, string>>;
let tools = 0;

before(async () => {
  api = await startTestApi();
  as = { scientist: await api.signIn('scientist'), colleague: await api.signIn('colleague'), lead: await api.signIn('lead'), owner: await api.signIn('owner') };
});
after(() => api.close());

let id: string;
beforeEach(async () => {
  id = (await api.hold('scientist', `update_${(tools += 1)}`)).id;
});

const post = (path: string, headers: Record<string, string>, body: unknown = {}) => api.call(`/api/approvals/${path}`, { method: 'POST', body, headers });

test('an approval is shown to who may answer and to who asked, each with what they may do', async () => {
  const view = async (who: keyof typeof as) => (await api.call(`/api/approvals/${id}`, { headers: as[who] })).json;
  const [mine, theirs] = [await view('scientist'), await view('lead')];
  assert.deepEqual([mine['mine'], mine['mayAnswer'], theirs['mine'], theirs['mayAnswer']], [true, false, false, true]);
  assert.equal(theirs['status'], 'pending');
  assert.deepEqual(theirs['subject'], { name: 'scientist', kind: 'person', groups: ['data-science'] });
  assert.deepEqual(theirs['approvals'], [{ rule: 'changes-take-a-lead', from: ['group:ml-leads'], quorum: 1, reason: 'optional' }]);
  assert.match(String(theirs['createdAt']), /^\d{4}-\d\d-\d\dT.*Z$/);
});

test('to everybody else it is the same as one that does not exist', async () => {
  const absent = newId();
  for (const who of ['colleague', 'owner'] as const) {
    const replies = [await api.call(`/api/approvals/${id}`, { headers: as[who] }), await api.call(`/api/approvals/${absent}`, { headers: as[who] })];
    for (const verb of ['approve', 'deny', 'withdraw']) replies.push(await post(`${id}/${verb}`, as[who]));
    for (const reply of replies) assert.deepEqual([reply.status, reply.text], [404, replies[0]?.text]);
    const listed = (await api.call('/api/approvals?status=all', { headers: as[who] })).json['approvals'];
    assert.deepEqual(listed, []);
  }
  assert.equal((await api.approvals.get(id))?.status, 'pending');
});

test('a lead approves; the requester cannot, and a second answer is a conflict', async () => {
  assert.equal((await post(`${id}/approve`, as.scientist)).status, 403);
  const approved = await post(`${id}/approve`, as.lead, { reason: 'looks right' });
  assert.equal(approved.status, 200);
  assert.equal(approved.json['status'], 'granted');
  assert.partialDeepStrictEqual(approved.json['answers'], [{ approver: 'lead', answer: 'approve', reason: 'looks right' }]);
  assert.equal((await post(`${id}/deny`, as.lead)).status, 409);
});

test('nothing is answered by opening a link, without the CSRF token or with what the form does not know', async () => {
  assert.equal((await api.call(`/api/approvals/${id}/approve`, { headers: as.lead })).status, 404);
  assert.equal((await post(`${id}/approve`, { cookie: as.lead['cookie'] ?? '' })).status, 403);
  assert.equal((await post(`${id}/approve`, as.lead, { approver: 'owner' })).status, 400);
  assert.equal((await api.approvals.get(id))?.status, 'pending');
});

test('a lead denies, and the requester withdraws what is theirs', async () => {
  assert.equal((await post(`${id}/deny`, as.lead)).json['status'], 'denied');
  const other = await api.hold('scientist', `update_${(tools += 1)}`);
  assert.equal((await post(`${other.id}/withdraw`, as.lead)).status, 403);
  assert.equal((await post(`${other.id}/withdraw`, as.scientist)).json['status'], 'withdrawn');
});

test('the list is of pending ones unless all are asked for', async () => {
  await post(`${id}/deny`, as.lead);
  const ids = async (query: string) =>
    ((await api.call(`/api/approvals${query}`, { headers: as.lead })).json['approvals'] as { id: string }[]).map((one) => one.id);
  assert.ok(!(await ids('')).includes(id));
  assert.ok((await ids('?status=all')).includes(id));
  assert.equal((await api.call('/api/approvals?status=mine', { headers: as.lead })).status, 400);
});

test('the stream tells a viewer what it may see, and ends when the sign-in ends', async () => {
  const lead = await api.signIn('lead');
  const colleague = await api.signIn('colleague');
  const [seen, unseen] = [await openStream(lead), await openStream(colleague)];
  const held = await api.hold('scientist', `update_${(tools += 1)}`);
  await seen.until(held.id);
  await api.call('/api/sign-out', { method: 'POST', headers: lead });
  await api.call('/api/sign-out', { method: 'POST', headers: colleague });
  await Promise.all([seen.ended, unseen.ended]);
  assert.match(seen.text(), /^event: change$/m);
  assert.ok(!unseen.text().includes(held.id));
  assert.equal((await fetch(`${api.url}/api/approvals/stream`, { headers: lead })).status, 401);
});

test('a sign-in has a bounded number of streams, and a closed one makes room', async () => {
  const headers = await api.signIn('lead');
  const streams = await Promise.all(Array.from({ length: 8 }, () => openStream(headers)));
  const ninth = await api.call('/api/approvals/stream', { headers });
  assert.equal(ninth.status, 429);
  await Promise.all(streams.map((stream) => stream.close()));
  await retry(async () => {
    const again = await openStream(headers);
    await again.close();
  });
});

interface OpenStream {
  text(): string;
  until(part: string): Promise<void>;
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

async function openStream(headers: Record<string, string>): Promise<OpenStream> {
  const abort = new AbortController();
  const reply = await fetch(`${api.url}/api/approvals/stream`, { headers, signal: abort.signal });
  assert.equal(reply.headers.get('content-type'), 'text/event-stream');
  let text = '';
  let heard = (): void => {};
  const read = async (): Promise<void> => {
    for await (const chunk of reply.body ?? []) {
      text += Buffer.from(chunk).toString();
      heard();
    }
  };
  const ended = read().catch(() => {});
  return {
    text: () => text,
    ended,
    async until(part) {
      while (!text.includes(part)) {
        const { promise, resolve } = Promise.withResolvers<void>();
        heard = resolve;
        await promise;
      }
    },
    async close() {
      abort.abort();
      await ended;
    },
  };
}

/** The server notices a closed stream a moment after its client. */
async function retry(act: () => Promise<void>): Promise<void> {
  for (let left = 50; ; left -= 1) {
    try {
      return await act();
    } catch (error) {
      if (left === 0) throw error;
      const { promise, resolve } = Promise.withResolvers<void>();
      setTimeout(resolve, 100);
      await promise;
    }
  }
}
