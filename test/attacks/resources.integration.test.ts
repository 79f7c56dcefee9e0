import { after, before, test } from 'node:test';
import { startBench, type Bench, type RequestParts } from './bench.ts';
import { denied, forwarded, meets, type Fate } from './expect.ts';

let bench: Bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());

const read = (uri: string): RequestParts => ({ method: 'resources/read', params: { uri } });

/** Rules: `file:///open/**` is allowed, `file:///open/shut/**` is denied. */
const cases: readonly (readonly [uri: string, fate: Fate])[] = [
  ['file:///open/a.txt', forwarded],
  ['file:///open/deep/er/a.txt', forwarded],
  ['file:///open/a%20b.txt', forwarded],
  ['file:///open/日本.txt', forwarded],
  ['file:///open/caf%C3%A9.txt', forwarded],
  ['file:///open/..a', forwarded],
  ['file:///open/shut/a', denied],
  ['file:///open/%73hut/a', denied],
  ['file:///open/sh%75%74/a', denied],
  ['file:///open/shut%2Fa', denied],
  ['file:///open//shut/a', denied],
  ['file:////open/a', denied],
  ['file:///open/./shut/a', denied],
  ['file:///open/x/../shut/a', denied],
  ['file:///open/%2e%2e/etc/passwd', denied],
  ['file:///open/%252e%252e/etc/passwd', denied],
  ['file:///open/..%2f..%2fetc/passwd', denied],
  ['file:///open/..%c0%af../etc/passwd', denied],
  ['file:///open/..;/etc/passwd', denied],
  ['file:///open/.. /etc/passwd', denied],
  ['file:///open/\uff0e\uff0e/etc/passwd', denied],
  ['file:///open/\u2025/etc/passwd', denied],
  ['file:///open\\..\\etc\\passwd', denied],
  ['file:///open/%5c..%5cetc', denied],
  ['file:///open/shut./a', denied],
  ['file:///open/shut /a', denied],
  ['file:///open/shut%20/a', denied],
  ['file:///openx/a', denied],
  ['file:///open', denied],
  ['FILE:///open/a', denied],
  ['file:/open/a', denied],
  ['file:open/a', denied],
  ['file://localhost/open/a', denied],
  ['file://evil.example/open/a', denied],
  ['file:///C:/open/a', denied],
  ['file:///open/a#/../../etc/passwd', denied],
  ['file:///open/a?/../../etc/passwd', denied],
  ['file:///etc/passwd#file:///open/a', denied],
  ['file:///open/a\u0000', denied],
  ['//open/a', denied],
  ['/open/a', denied],
  ['http://169.254.169.254/latest', denied],
  ['', denied],
];
for (const [uri, fate] of cases) {
  test(`reading ${JSON.stringify(uri)}: ${fate.fate}`, async () => {
    // A NUL is no policy's business: it is no request at all.
    if (uri.includes('\u0000')) return meets(bench, read(uri), { fate: 'rejected', status: [400] }, uri);
    return meets(bench, { ...read(uri), era: 'legacy' }, fate, uri);
  });
}

test('the modern revision reads the same', async () => {
  await meets(bench, read('file:///open/a.txt'), forwarded, 'allowed');
  await meets(bench, read('file:///open/shut/a'), denied, 'denied');
});

test('what is watched and what is completed are read by the same rules', async () => {
  const watch = (uri: unknown): RequestParts => ({ method: 'subscriptions/listen', params: { notifications: { resourceSubscriptions: [uri] } } });
  const complete = (uri: string): RequestParts => ({
    method: 'completion/complete',
    params: { ref: { type: 'ref/resource', uri }, argument: { name: 'a', value: '' } },
  });
  await meets(bench, complete('file:///open/{name}'), forwarded, 'complete');
  for (const uri of ['file:///open/../etc', 'file:///open/%73hut/a', 'file:///etc/{name}', 'FILE:///open/a', 'file:///open/%2e%2e/x']) {
    await meets(bench, watch(uri), denied, `watch ${uri}`);
    await meets(bench, complete(uri), denied, `complete ${uri}`);
    for (const method of ['resources/subscribe', 'resources/unsubscribe'])
      await meets(bench, { ...read(uri), method, era: 'legacy' }, denied, `${method} ${uri}`);
  }
  await meets(bench, watch({ uri: 'file:///open/a' }), denied, 'watch an object');
});
