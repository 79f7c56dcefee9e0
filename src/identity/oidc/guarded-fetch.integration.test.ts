import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { listen } from '../../../test/support/listen.ts';
import type { Lookup } from '../../network/guarded-lookup.ts';
import { guardedFetch } from './guarded-fetch.ts';

const GET = { method: 'GET', headers: {} } as const;
const at =
  (...addresses: readonly string[]): Lookup =>
  (_name, _options, done) =>
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );

test('a host of the configuration is reached inside, one that a document named only where it is public, whatever its name answers', async (t) => {
  const server = createServer((_request, response) => response.setHeader('content-type', 'application/json').end('{"a":1}'));
  const { port, close } = await listen(server);
  t.after(close);
  const configured = `http://idp.example:${port}`;
  const reply = await guardedFetch([configured], at('127.0.0.1'))(`${configured}/x`, GET);
  assert.deepEqual(await reply.json(), { a: 1 });
  for (const address of ['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', 'fd00::1', '::ffff:127.0.0.1'])
    await assert.rejects(guardedFetch([configured], at('93.184.216.34', address))('https://named.example/x', GET), { code: 'upstream_unreachable' }, address);
  await assert.rejects(guardedFetch([configured], at('169.254.169.254'))(`${configured}/x`, GET), { code: 'upstream_unreachable' });
  await assert.rejects(guardedFetch([configured], at('127.0.0.1'))(`http://named.example:${port}/x`, GET), { code: 'upstream_invalid' });
});

test('what answers too much, in two readings, or never is an error that does not repeat what was sent', async (t) => {
  const bodies: Readonly<Record<string, string>> = { '/big': `"${'canary'.repeat(100_000)}"`, '/twice': '{"a":"canary","a":"canary"}', '/text': 'canary' };
  const server = createServer((request, response) => {
    const body = bodies[request.url ?? ''];
    if (body === undefined) request.socket.destroy();
    else response.setHeader('content-type', 'application/json').end(body);
  });
  const { port, close } = await listen(server);
  t.after(close);
  const url = `http://127.0.0.1:${port}`;
  for (const path of ['/big', '/twice', '/text', '/gone'])
    await assert.rejects(guardedFetch([url])(`${url}${path}`, GET), (error: Error) => !/canary/.test(error.message), path);
});
