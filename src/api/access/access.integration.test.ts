import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { makeEvent } from '../../core/event.ts';
import { startTestApi, type TestApi } from '../testing.ts';

interface Grant {
  readonly who: string;
  readonly pattern: string;
  readonly uses: number;
  readonly advice: string;
}

const NOW = Date.parse('2026-11-21T12:00:00Z');
let api: TestApi;
let asked: { readonly since: number; readonly targets: readonly string[] }[];

before(async () => {
  asked = [];
  api = await startTestApi({
    now: () => NOW,
    async *pastCommands(since, targets) {
      asked.push({ since, targets: [...targets] });
      const subject = { id: '1', name: 'ada', kind: 'person', groups: ['data-science'], issuer: 'local' };
      yield await Promise.resolve({ event: makeEvent('command.forwarded', { subject, command: { name: 'tools/list', digest: '', flags: [] } }) });
    },
  });
});
after(() => api.close());

test('an owner sees who may do what and what of it was used since then, of that target alone', async () => {
  const reply = await api.call('/api/targets/models/access?since=7d', { headers: await api.signIn('owner') });
  const grants = reply.json['grants'] as readonly Grant[];
  assert.deepEqual(
    grants.filter(({ pattern }) => pattern === 'tools/list').map(({ who, uses, advice }) => [who, uses, advice]),
    [
      ['workload:ci', 0, 'take-away'],
      ['group:data-science', 1, 'keep'],
    ],
  );
  assert.deepEqual(asked, [{ since: NOW - 7 * 86_400_000, targets: ['models'] }]);
});

test('nobody else learns of it, nor whether the target is there', async () => {
  for (const name of ['scientist', 'lead', 'ci']) {
    const headers = await api.signIn(name);
    for (const target of ['models', 'payroll', 'nope'])
      assert.equal((await api.call(`/api/targets/${target}/access`, { headers })).status, 404, `${name} ${target}`);
  }
  assert.equal((await api.call('/api/targets/payroll/access', { headers: await api.signIn('owner') })).status, 404);
  assert.equal((await api.call('/api/targets/models/access')).status, 401);
});

test('a time that is none is refused with how to write it', async () => {
  const reply = await api.call('/api/targets/models/access?since=forever', { headers: await api.signIn('owner') });
  assert.deepEqual([reply.status, /12h, 30d/.test(reply.text)], [400, true]);
});
