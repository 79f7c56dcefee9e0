import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { clientAddress } from '../network/client-address.ts';
import { CANARY, startTestApi, type TestApi } from './testing.ts';

/** Both are this machine: one stands for the proxy, the other for somebody who comes past it. */
const [PROXY, STRANGER] = ['127.0.0.2', '127.0.0.3'];

/** Time stands still: nobody gets anything back. */
const AT = Date.now();

let api: TestApi;
before(async () => {
  api = await startTestApi({ now: () => AT, clientAddress: clientAddress([`${PROXY}/32`]) });
});
after(() => api?.close());

let guessed = 0;

/** A wrong password for a name that was not tried before, so that only the address is limited. */
async function guess(from: string, forwarded: string): Promise<number> {
  guessed += 1;
  const body = { name: `nobody-${guessed}`, password: 'wrong' };
  return (await api.call('/api/sign-in', { method: 'POST', body, from, headers: { 'x-forwarded-for': forwarded } })).status;
}

const lastAddress = (): string | undefined => api.events.at(-1)?.client?.address;

/** Uses up what an address has, and a little more. */
async function exhaust(from: string, forwardedOf: (nth: number) => string): Promise<number> {
  let status = 0;
  for (let nth = 0; nth < 62; nth += 1) status = await guess(from, forwardedOf(nth));
  return status;
}

describe('behind a trusted proxy', () => {
  test('each client has limits of its own, and is on record by its own address', async () => {
    assert.equal(await exhaust(PROXY, () => '203.0.113.1'), 429);
    assert.equal(lastAddress(), '203.0.113.1');
    assert.equal(await guess(PROXY, '203.0.113.2'), 401, 'another client of the same proxy');
    assert.equal(lastAddress(), '203.0.113.2');
    const right = { name: 'lead', password: CANARY };
    assert.equal((await api.call('/api/sign-in', { method: 'POST', body: right, from: PROXY, headers: { 'x-forwarded-for': '203.0.113.3' } })).status, 200);
  });

  test('a client gets no new limit, and no other address on record, by what it writes itself', async () => {
    assert.equal(await exhaust(PROXY, (nth) => `198.51.100.${nth}, 203.0.113.4`), 429);
    assert.equal(lastAddress(), '203.0.113.4');
    assert.equal(await guess(PROXY, `${PROXY}, 203.0.113.4`), 429, 'nor by the name of the proxy');
  });
});

describe('past the proxy', () => {
  test('a header is worth nothing: whoever writes a new address each time is one address', async () => {
    assert.equal(await exhaust(STRANGER, (nth) => `203.0.114.${nth}`), 429);
    assert.equal(lastAddress(), STRANGER);
    assert.equal(await guess(PROXY, '203.0.114.7'), 401, 'nor did the one whose address it was lose anything');
  });
});

describe('where no proxy is trusted', () => {
  test('everybody is who their connection is from', async () => {
    const plain = await startTestApi();
    try {
      const body = { name: 'nobody', password: 'wrong' };
      await plain.call('/api/sign-in', { method: 'POST', body, from: PROXY, headers: { 'x-forwarded-for': '203.0.113.1' } });
      assert.equal(plain.events.at(-1)?.client?.address, PROXY);
    } finally {
      await plain.close();
    }
  });
});
