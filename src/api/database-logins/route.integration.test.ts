import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openDatabaseLogins } from '../../credential/database-logins.ts';
import { startTestApi, type Reply, type TestApi } from '../testing.ts';

/** Time stands still: nobody gets anything back. */
const AT = Date.now();

let api: TestApi;
before(async () => {
  api = await startTestApi({
    now: () => AT,
    wire: ({ storage, recorder }) => ({
      databases: {
        logins: openDatabaseLogins(storage, { recorder, now: () => AT }),
        // The targets of these tests speak this protocol; a login is minted for whichever has a port.
        ports: new Map([['mcp', { host: '127.0.0.1', port: 7632, tls: false }]]),
        rights: () => undefined,
      },
    }),
  });
});
after(() => api?.close());

const mint = async (name: string, body: object): Promise<Reply> => api.call('/api/database-logins', { method: 'POST', body, headers: await api.signIn(name) });

test('a login is minted for what one may reach, and for nothing else', async () => {
  const minted = await mint('lead', { target: 'models' });
  assert.equal(minted.status, 404, 'no rule is about its groups');
  const { status, json } = await mint('scientist', { target: 'models', seconds: 600 });
  assert.equal(status, 200);
  assert.equal(json['expiresAt'], new Date(AT + 600_000).toISOString());
  assert.deepEqual([json['host'], json['port'], json['tls']], ['127.0.0.1', 7632, false]);
  assert.equal((await mint('scientist', { target: 'payroll' })).status, 404);
});

test('its life is from ten minutes to eight hours, and the answer says so', async () => {
  for (const [seconds, hint] of [
    [599, 'seconds: at least 600'],
    [28_801, 'seconds: at most 28800'],
  ] as const) {
    const { status, json } = await mint('scientist', { target: 'models', seconds });
    assert.equal(status, 400);
    // The one shape of an error.
    assert.equal((json['error'] as { hint?: string }).hint, hint);
  }
  assert.equal((await mint('scientist', { target: 'models', seconds: 28_800 })).status, 200);
});

test('one subject gets so many logins, and does not use up those of others', async () => {
  const headers = await api.signIn('colleague');
  const post = (): Promise<Reply> => api.call('/api/database-logins', { method: 'POST', body: { target: 'models' }, headers });
  const statuses: number[] = [];
  for (let i = 0; i < 31; i += 1) statuses.push((await post()).status);
  assert.deepEqual([statuses.filter((status) => status === 200).length, statuses.at(-1)], [30, 429]);
  assert.equal((await mint('scientist', { target: 'models' })).status, 200);
});
