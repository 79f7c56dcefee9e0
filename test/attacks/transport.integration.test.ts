import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { until } from '../support/until.ts';
import { startBench, type Bench, type RequestParts } from './bench.ts';
import { forwarded, meets, rejected, type Fate } from './expect.ts';

let bench: Bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());

const look: RequestParts = { name: 'look', params: { arguments: {} } };
const line = (text: string): RequestParts => ({ ...look, line: text });
const head = (headers: NonNullable<RequestParts['headers']>): RequestParts => ({ ...look, headers });
const SHUT = rejected([400, 401, 403, 404, 405, 421, 505]);

const lines: readonly (readonly [what: string, parts: RequestParts, fate: Fate])[] = [
  ['the path as it is', look, forwarded],
  ['a query behind it', line('POST /mcp/lab?x=1 HTTP/1.1'), forwarded],
  ['a slash behind it', line('POST /mcp/lab/ HTTP/1.1'), SHUT],
  ['two slashes', line('POST /mcp//lab HTTP/1.1'), SHUT],
  ['two slashes before it', line('POST //mcp/lab HTTP/1.1'), SHUT],
  ['a dot segment', line('POST /mcp/vault/../lab HTTP/1.1'), SHUT],
  ['a dot segment in Java', line('POST /mcp/..;/mcp/lab HTTP/1.1'), SHUT],
  ['an encoded letter', line('POST /mcp/%6cab HTTP/1.1'), SHUT],
  ['an encoded slash', line('POST /mcp%2flab HTTP/1.1'), SHUT],
  ['a NUL', line('POST /mcp/lab%00 HTTP/1.1'), SHUT],
  ['a parameter of the path', line('POST /mcp/lab;x=1 HTTP/1.1'), SHUT],
  ['a fragment', line('POST /mcp/lab#x HTTP/1.1'), SHUT],
  ['a backslash', line('POST /mcp\\lab HTTP/1.1'), SHUT],
  ['capitals', line('POST /mcp/LAB HTTP/1.1'), SHUT],
  ['capitals before', line('POST /MCP/lab HTTP/1.1'), SHUT],
  ['more behind it', line('POST /mcp/lab/tools HTTP/1.1'), SHUT],
  ['the whole of an own URL', line('POST http://127.0.0.1/mcp/lab HTTP/1.1'), SHUT],
  ['the whole of another URL', line('POST http://169.254.169.254/mcp/lab HTTP/1.1'), SHUT],
  ['a star', line('OPTIONS * HTTP/1.1'), SHUT],
  ['PUT', line('PUT /mcp/lab HTTP/1.1'), SHUT],
  ['PATCH', line('PATCH /mcp/lab HTTP/1.1'), SHUT],
  ['TRACE', line('TRACE /mcp/lab HTTP/1.1'), SHUT],
  ['OPTIONS', line('OPTIONS /mcp/lab HTTP/1.1'), SHUT],
  ['CONNECT', line('CONNECT internal:22 HTTP/1.1'), SHUT],
  ['another version', line('POST /mcp/lab HTTP/3.0'), SHUT],
  ['a method in small letters', line('post /mcp/lab HTTP/1.1'), SHUT],
  ['a modern GET', { ...look, line: 'GET /mcp/lab HTTP/1.1', body: '' }, rejected(405)],
  ['a modern DELETE', { ...look, line: 'DELETE /mcp/lab HTTP/1.1', body: '' }, rejected(405)],
];
for (const [what, parts, fate] of lines) test(`request line: ${what}: ${fate.fate}`, () => meets(bench, parts, fate, what));

const headers: readonly (readonly [what: string, headers: () => NonNullable<RequestParts['headers']>, fate: Fate])[] = [
  ['an own page asks', () => ({ Origin: bench.url }), forwarded],
  ['a page of another origin', () => ({ Origin: 'https://evil.example' }), rejected(403)],
  ['a page without an origin', () => ({ Origin: 'null' }), rejected(403)],
  ['a page of another port', () => ({ Origin: 'http://127.0.0.1:1' }), rejected(403)],
  ['a page of a file', () => ({ Origin: 'file://' }), rejected(403)],
  ['a page of a name that begins alike', () => ({ Origin: `${bench.url}.evil.example` }), rejected(403)],
  ['two origins', () => ({ Origin: [bench.url, 'https://evil.example'] }), rejected([400, 403])],
  ['another host', () => ({ Host: 'evil.example' }), rejected([400, 403, 421])],
  ['a host that begins alike', () => ({ Host: `127.0.0.1.evil.example:${bench.port}` }), rejected([400, 403, 421])],
  ['another port', () => ({ Host: '127.0.0.1:1' }), rejected([400, 403, 421])],
  ['a host with somebody before it', () => ({ Host: `x@127.0.0.1:${bench.port}` }), rejected([400, 403, 421])],
  ['the number of a host', () => ({ Host: `2130706433:${bench.port}` }), rejected([400, 403, 421])],
  ['two hosts', () => ({ Host: [`127.0.0.1:${bench.port}`, 'evil.example'] }), rejected([400, 403, 421])],
  ['no host', () => ({ Host: undefined }), rejected([400, 403])],
  ['an empty host', () => ({ Host: '' }), rejected([400, 403])],
  ['a forwarded host', () => ({ 'X-Forwarded-Host': 'evil.example' }), forwarded],
  ['two lengths', () => ({ 'Content-Length': ['1', '300'] }), rejected(400)],
  ['a length and chunks', () => ({ 'Transfer-Encoding': 'chunked' }), rejected(400)],
  ['a length with a sign', () => ({ 'Content-Length': '+10' }), rejected(400)],
  ['a negative length', () => ({ 'Content-Length': '-1' }), rejected(400)],
  ['an unknown transfer encoding', () => ({ 'Content-Length': undefined, 'Transfer-Encoding': 'xchunked' }), rejected([400, 501])],
  ['chunked that is not last', () => ({ 'Content-Length': undefined, 'Transfer-Encoding': 'chunked, identity' }), rejected([400, 501])],
  ['a space before the colon', () => ({ 'X-A ': 'x' }), rejected(400)],
  ['a folded header', () => ({ 'X-A': 'x\r\n folded' }), rejected(400)],
  ['a bare line end in a value', () => ({ 'X-A': 'x\nX-B: y' }), rejected(400)],
  ['a NUL in a value', () => ({ 'X-A': 'x\u0000' }), rejected(400)],
  ['too many bytes of headers', () => ({ 'X-A': 'x'.repeat(40_000) }), rejected(431)],
  ['an upgrade', () => ({ Connection: 'upgrade', Upgrade: 'websocket' }), rejected([400, 426])],
  ['an expectation that nobody knows', () => ({ Expect: 'miracle' }), rejected([400, 417])],
  ['an accept list without streams', () => ({ Accept: 'application/json' }), rejected(406)],
  ['no accept list', () => ({ Accept: undefined }), rejected(406)],
  ['a gzip that nobody asked for', () => ({ 'Accept-Encoding': 'gzip' }), forwarded],
];
for (const [what, make, fate] of headers) test(`headers: ${what}: ${fate.fate}`, () => meets(bench, head(make()), fate, what));

test('a token counts in one place only: one Authorization header', async () => {
  const token = await bench.token('alice');
  const none = { ...look, token: undefined };
  await meets(bench, { ...none, headers: { Authorization: `Bearer ${token}` } }, forwarded, 'there');
  await meets(bench, { ...none, headers: { Authorization: `bearer ${token}` } }, forwarded, 'in small letters');
  const shut = rejected([400, 401]);
  for (const [what, parts] of [
    ['nowhere', none],
    ['in the query', { ...none, line: `POST /mcp/lab?access_token=${token} HTTP/1.1` }],
    ['in a cookie', { ...none, headers: { Cookie: `sallyport=${token}; access_token=${token}` } }],
    ['in a proxy’s header', { ...none, headers: { 'Proxy-Authorization': `Bearer ${token}` } }],
    [
      'in headers of others',
      { ...none, headers: { 'X-Access-Token': token, 'X-Forwarded-Authorization': `Bearer ${token}`, 'X-Authorization': `Bearer ${token}` } },
    ],
    ['under another scheme', { ...none, headers: { Authorization: `Token ${token}` } }],
    ['without a scheme', { ...none, headers: { Authorization: token } }],
    ['twice in one header', { ...none, headers: { Authorization: `Bearer ${token}, Bearer ${token}` } }],
    ['in two headers', { ...none, headers: { Authorization: [`Bearer ${token}`, `Bearer ${token}`] } }],
    ['after somebody else’s', { ...none, headers: { Authorization: ['Basic eDp5', `Bearer ${token}`] } }],
    ['with more behind it', { ...none, headers: { Authorization: `Bearer ${token} x` } }],
    ['in quotes', { ...none, headers: { Authorization: `Bearer "${token}"` } }],
    ['cut', { ...none, headers: { Authorization: `Bearer ${token.slice(0, -2)}` } }],
    ['for another target', { ...none, headers: { Authorization: `Bearer ${await bench.token('alice', 'vault')}` } }],
  ] as const)
    await meets(bench, parts, shut, what);
});

test('a target that the caller may not reach and one that is not there are answered alike', async () => {
  const at = async (target: string) => bench.send(await bench.request({ ...look, path: `/mcp/${target}`, token: await bench.token('alice', target) }));
  const [hidden, absent] = [await at('vault'), await at('nowhere')];
  assert.deepEqual([hidden.status, hidden.body], [404, absent.body]);
});

test('connections that say nothing, or little, cost nobody else anything', async () => {
  const sockets: Socket[] = [];
  for (let at = 0; at < 1000; at += 1) {
    const socket = connect(bench.port, '127.0.0.1').on('error', () => {});
    if (at % 2 === 0) socket.write('POST /mcp/lab HTTP/1.1\r\nHost: ');
    sockets.push(socket);
  }
  await meets(bench, look, forwarded, 'beside a thousand idle connections');
  for (const socket of sockets) socket.destroy();
});

test('one subject that holds streams and calls by the hundred keeps nobody else from the target', async () => {
  bench.scripts.set('GET', (response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': open\n\n'));
  const listen = await bench.request({ era: 'legacy', line: 'GET /mcp/lab HTTP/1.1', body: '' });
  const sockets: Socket[] = [];
  let refused = 0;
  for (let at = 0; at < 600; at += 1) {
    const socket = connect(bench.port, '127.0.0.1').on('error', () => {});
    socket.on('data', (chunk) => (refused += chunk.includes(' 429 ') ? 1 : 0));
    socket.write(listen);
    sockets.push(socket);
  }
  await until('the refusals', () => (refused >= 88 ? true : undefined));
  // Streams may still be arriving at the target, so only what these two callers hear is looked at.
  const statusOf = async (parts: RequestParts): Promise<number> => (await bench.send(await bench.request(parts))).status;
  assert.equal(await statusOf({ ...look, token: await bench.token('bob') }), 200, 'another subject');
  assert.equal(await statusOf(look), 429, 'the same');
  for (const socket of sockets) socket.destroy();
  bench.scripts.clear();
  await until('its streams to end', async () => ((await bench.send(await bench.request(look))).status === 200 ? true : undefined));
});

test('what strangers send is recorded at a bounded rate', async () => {
  const { size: before } = await journal();
  const text = await bench.request({ ...look, token: 'a.b.c' });
  for (let round = 0; round < 20; round += 1) await Promise.all(Array.from({ length: 50 }, () => bench.send(text)));
  const { size } = await journal();
  assert.ok(size - before < 200_000, `${size - before} bytes for a thousand refusals`);
});

async function journal(): Promise<{ size: number }> {
  const { readdir, stat } = await import('node:fs/promises');
  const { join } = await import('node:path');
  const folder = join(bench.folder, 'data', 'journal');
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(names.filter((each) => each.isFile()).map(async (each) => (await stat(join(each.parentPath, each.name))).size));
  return { size: sizes.reduce((sum, each) => sum + each, 0) };
}
