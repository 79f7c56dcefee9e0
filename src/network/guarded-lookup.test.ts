import assert from 'node:assert/strict';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { createServer } from 'node:http';
import { Agent, request } from 'undici';
import { listen } from '../../test/support/listen.ts';
import type { Reach } from './address.ts';
import { guardedLookup, type Lookup } from './guarded-lookup.ts';

const family = (address: string): number => (address.includes(':') ? 6 : 4);
/** Says one list of addresses after the other: what a name does that is rebound between check and dial. */
const answers = (...lists: readonly (readonly string[])[]): Lookup => {
  const left = [...lists];
  return (_name, _options, done) =>
    done(
      null,
      (left.length > 1 ? (left.shift() ?? []) : (left[0] ?? [])).map((address) => ({ address, family: family(address) })),
    );
};
const look = (reach: Reach, ...lists: readonly (readonly string[])[]) => promisify(guardedLookup(reach, answers(...lists)));

test('a configured name is reached where it is, private networks too, and never at a metadata service', async () => {
  assert.deepEqual(await look('configured', ['10.0.0.1'])('models.example', { all: true }), [{ address: '10.0.0.1', family: 4 }]);
  assert.equal(await look('configured', ['127.0.0.1'])('models.example', {}), '127.0.0.1');
  for (const address of ['169.254.169.254', '::ffff:169.254.169.254', '64:ff9b::a9fe:a9fe', 'fe80::1'])
    await assert.rejects(look('configured', [address])('models.example', {}), /not an address that may be reached/);
  await assert.rejects(look('configured', ['93.184.216.34'])('metadata.google.internal', {}), /not an address/);
});

test('a name that some document brought is public or not reached, and one bad address among good ones is enough', async () => {
  assert.equal(await look('public', ['93.184.216.34'])('issuer.example', {}), '93.184.216.34');
  for (const list of [['10.0.0.1'], ['93.184.216.34', '127.0.0.1'], ['::1'], []])
    await assert.rejects(look('public', list)('issuer.example', {}), /not an address/);
});

test('a name that is rebound after the check is dialled at the address that was checked', async () => {
  const server = createServer((_request, response) => response.end('here'));
  const { port, close } = await listen(server);
  let looked = 0;
  const rebinding: Lookup = (name, options, done) => {
    looked += 1;
    answers([looked === 1 ? '127.0.0.1' : '169.254.169.254'])(name, options, done);
  };
  const agent = new Agent({ connect: { lookup: guardedLookup('configured', rebinding) } });
  const ask = () => request(`http://rebound.example:${port}/`, { dispatcher: agent });
  assert.equal(await (await ask()).body.text(), 'here');
  assert.equal(looked, 1);
  await agent.close();
  const next = new Agent({ connect: { lookup: guardedLookup('configured', rebinding) } });
  await assert.rejects(request(`http://rebound.example:${port}/`, { dispatcher: next }), /not an address/);
  await next.close();
  await close();
});
