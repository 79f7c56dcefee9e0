import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { clientAddress } from './client-address.ts';

const PROXIES = ['10.0.0.0/8', 'fd00::/16'];

const seen = (peer: string | undefined, forwarded?: string, trusted: readonly string[] = PROXIES): string =>
  clientAddress(trusted)({ socket: { remoteAddress: peer }, headers: { 'x-forwarded-for': forwarded } });

describe('the address of a client', () => {
  test('is that of its connection, whatever its headers say, where no proxy is trusted', () => {
    assert.equal(seen('10.0.0.2', '203.0.113.9', []), '10.0.0.2');
    assert.equal(seen('::1', '203.0.113.9', []), '::1');
    assert.equal(seen(undefined, '203.0.113.9', []), '');
  });

  test('is the one that a trusted proxy added', () => {
    assert.equal(seen('10.0.0.2', '203.0.113.9'), '203.0.113.9');
    assert.equal(seen('fd00::2', ' 2001:db8::7 '), '2001:db8::7');
    assert.equal(seen('::ffff:10.0.0.2', '203.0.113.9'), '203.0.113.9', 'a listener for both kinds shows IPv4 within IPv6');
  });

  test('is read from the right, past every trusted proxy and no further', () => {
    assert.equal(seen('10.0.0.2', '203.0.113.9, 10.9.9.9'), '203.0.113.9');
    assert.equal(seen('10.0.0.2', '198.51.100.1, 203.0.113.9'), '203.0.113.9', 'what the client wrote itself stands to the left');
    assert.equal(seen('10.0.0.2', '198.51.100.1, 10.1.1.1, 203.0.113.9, 10.9.9.9'), '203.0.113.9', 'nor does a proxy count behind a client');
    assert.equal(seen('10.0.0.2', '10.3.3.3'), '10.3.3.3', 'somebody within');
  });

  test('is that of the connection where a stranger says something else', () => {
    for (const forwarded of ['10.0.0.2', '127.0.0.1', '203.0.113.9, 10.0.0.2']) assert.equal(seen('198.51.100.1', forwarded), '198.51.100.1', forwarded);
    assert.equal(seen('110.0.0.2', '203.0.113.9'), '110.0.0.2');
  });

  test("is the proxy's own where that says nothing that can be read", () => {
    for (const forwarded of [
      undefined,
      '',
      ' ',
      'unknown',
      '_hidden',
      '203.0.113.9,',
      '203.0.113',
      '203.0.113.999',
      '203.0.113.9 203.0.113.8',
      'localhost',
      '[::1',
      '1.2.3.4:x',
    ])
      assert.equal(seen('10.0.0.2', forwarded), '10.0.0.2', forwarded);
    assert.equal(seen('10.0.0.2', 'unknown, 10.4.4.4'), '10.4.4.4', 'of the last that can be read');
  });

  test('has one spelling, so that one client has one limit', () => {
    for (const forwarded of ['203.0.113.9:4711', '::ffff:203.0.113.9', '[::ffff:203.0.113.9]:4711', '203.0.113.9'])
      assert.equal(seen('10.0.0.2', forwarded), '203.0.113.9', forwarded);
    for (const forwarded of ['2001:DB8::7', '[2001:db8::7]', '[2001:db8::7]:443']) assert.equal(seen('10.0.0.2', forwarded), '2001:db8::7', forwarded);
  });

  test('costs little in a header that names thousands of trusted proxies', () => {
    assert.equal(seen('10.0.0.2', `203.0.113.9, ${Array.from({ length: 5000 }, () => '10.1.1.1').join(', ')}`), '10.1.1.1');
  });
});
