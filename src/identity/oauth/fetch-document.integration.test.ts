import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { makeCertificates, type Certificates } from '../../../test/support/certificates.ts';
import type { Lookup } from '../../network/guarded-lookup.ts';
import { documentFetcher, MAX_DOCUMENT_BYTES } from './fetch-document.ts';

let certificates: Certificates;
let server: Server;
let base: string;
let ca: string;
const asked: string[] = [];

const PAGES: Readonly<Record<string, { readonly status?: number; readonly type?: string; readonly body: string; readonly location?: string }>> = {
  '/client.json': { body: JSON.stringify({ client_id: 'https://localhost/client.json', redirect_uris: ['http://localhost/callback'], scope: 'openid' }) },
  '/jwks.json': { type: 'application/jwk-set+json; charset=utf-8', body: '{"keys":[]}' },
  '/secret.json': { body: JSON.stringify({ client_id: 'x', client_secret: 's3cret', redirect_uris: ['https://a.example/'] }) },
  '/redirect.json': { status: 302, location: '/client.json', body: '{}' },
  '/missing.json': { status: 404, body: '{}' },
  '/page.json': { type: 'text/html', body: '{"client_id":"x"}' },
  '/big.json': { body: JSON.stringify({ client_id: 'x', more: 'x'.repeat(MAX_DOCUMENT_BYTES) }) },
  '/twice.json': { body: '{"client_id":"a","client_id":"b"}' },
  '/broken.json': { body: '{"client_id":' },
  '/elsewhere.json': { body: JSON.stringify({ client_id: 'x', redirect_uris: ['http://evil.example/'] }) },
};

before(async () => {
  certificates = await makeCertificates();
  ca = await readFile(certificates.ca, 'utf8');
  server = createServer({ cert: await readFile(certificates.cert), key: await readFile(certificates.key) }, (request, response) => {
    asked.push(request.url ?? '');
    const page = PAGES[request.url ?? ''];
    response.writeHead(page?.status ?? (page ? 200 : 404), {
      'content-type': page?.type ?? 'application/json',
      ...(page?.location ? { location: page.location } : {}),
    });
    response.end(page?.body ?? '{}');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  base = `https://localhost:${(server.address() as AddressInfo).port}`;
});

after(async () => {
  server?.close();
  server?.closeAllConnections();
  await certificates?.remove();
});

/** As a configured address is reached, so that a server of the test can be: all else is as it is for strangers. */
const reachable = () => documentFetcher({ reach: 'configured', ca });

describe('a document that a client’s id leads to', () => {
  test('is read, and brought into form', async () => {
    const document = (await (await reachable()(`${base}/client.json`)).json()) as Record<string, unknown>;
    assert.equal(document['application_type'], 'native');
    assert.equal(document['scope'], 'mcp:read mcp:write');
    assert.deepEqual(await (await reachable()(`${base}/jwks.json`)).json(), { keys: [] });
  });

  test('shows a secret that it must not have, so that it is refused for it', async () => {
    assert.equal(((await (await reachable()(`${base}/secret.json`)).json()) as Record<string, unknown>)['client_secret'], 's3cret');
  });

  for (const path of ['redirect', 'missing', 'page', 'big', 'twice', 'broken', 'elsewhere']) {
    test(`is refused: ${path}`, async () => {
      const before_ = asked.length;
      await assert.rejects(reachable()(`${base}/${path}.json`));
      assert.deepEqual(asked.slice(before_), [`/${path}.json`], 'asked once, and nowhere else');
    });
  }

  test('is refused where the certificate is not of its host, or of nobody that is known', async () => {
    await assert.rejects(documentFetcher({ reach: 'configured' })(`${base}/client.json`));
    await assert.rejects(reachable()(base.replace('localhost', '127.0.0.2')));
  });
});

describe('a stranger’s address', () => {
  test('leads to nothing inside, in any notation, and not without TLS', async () => {
    const hosts = [
      '10.0.0.5',
      '127.0.0.1',
      '169.254.169.254',
      '192.168.1.1',
      '[::1]',
      '[fd00::1]',
      '[::ffff:10.0.0.5]',
      '0x0a000005',
      '167772165',
      '0.0.0.0',
      'metadata.google.internal',
      '100.64.0.1',
    ];
    for (const host of hosts) await assert.rejects(documentFetcher()(`https://${host}/client.json`), /may be reached/, host);
    await assert.rejects(documentFetcher()('http://client.example/client.json'), /https only/);
    await assert.rejects(documentFetcher()('file:///etc/passwd'), /https only/);
  });

  test('is checked in the very look-up that is dialled: a name that answers differently the second time gains nothing', async () => {
    const answers = [['203.0.114.5'], ['10.0.0.1']];
    let looked = 0;
    const lookup: Lookup = (_host, _options, done) => {
      const addresses = answers[Math.min(looked, 1)] ?? [];
      looked += 1;
      done(null, looked === 1 ? [] : addresses.map((address) => ({ address, family: 4 })));
    };
    await assert.rejects(documentFetcher({ lookup })('https://rb.example/client.json'));
    await assert.rejects(documentFetcher({ lookup })('https://rb.example/client.json'));
    assert.equal(looked, 2, 'one look-up for each connection, and none that was believed');
    const mixed: Lookup = (_host, _options, done) =>
      done(null, [
        { address: '93.184.216.34', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ]);
    await assert.rejects(documentFetcher({ lookup: mixed })('https://mixed.example/client.json'));
  });
});
