import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isForbiddenHost, withinReach } from './address.ts';

test('addresses that a document named are reached only where they are public', () => {
  for (const address of ['93.184.216.34', '8.8.8.8', '2606:4700::1111']) assert.ok(withinReach(address, 'public'), address);
  const inside = ['127.0.0.1', '10.1.2.3', '172.31.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '224.0.0.1', '255.255.255.255'];
  const inside6 = ['::', '::1', '::ffff:127.0.0.1', '::ffff:a00:1', 'fe80::1', 'fc00::1', 'fd00:ec2::254', 'ff02::1', '64:ff9b::7f00:1', '2002:7f00:1::'];
  for (const address of [...inside, ...inside6, 'localhost', '']) assert.ok(!withinReach(address, 'public'), address);
});

test('addresses that the operator wrote are reached inside too, but never where clouds serve credentials', () => {
  for (const address of ['127.0.0.1', '10.1.2.3', '::1', 'fd12::1', '93.184.216.34']) assert.ok(withinReach(address, 'configured'), address);
  const metadata = ['169.254.169.254', '::ffff:169.254.169.254', 'fe80::1', 'fd00:ec2::254', 'fd20:ce::254', '100.100.100.200', '168.63.129.16'];
  for (const address of metadata) assert.ok(!withinReach(address, 'configured'), address);
});

test('an address inside IPv6 is the address that it carries', () => {
  for (const address of ['64:ff9b::a9fe:a9fe', '64:ff9b::6464:64c8', '64:ff9b::a83f:8110', '::a9fe:a9fe', '::169.254.169.254'])
    assert.ok(!withinReach(address, 'configured'), address);
  for (const address of ['64:ff9b::a00:1', '::ffff:10.0.0.1']) assert.ok(withinReach(address, 'configured'), address);
});

test("a URL's host is refused as it is written: addresses in any notation, names of metadata services", () => {
  const hostOf = (host: string): string => new URL(`http://${host}/`).hostname;
  const forbidden = ['169.254.169.254', '2852039166', '0xa9.0xfe.0251.254', '[fe80::1]', '[::ffff:169.254.169.254]', '[64:ff9b::a9fe:a9fe]', '100.100.100.200'];
  for (const host of [...forbidden, 'metadata', 'METADATA.google.internal', 'metadata.google.internal.', 'x.metadata.google.internal', 'instance-data'])
    assert.ok(isForbiddenHost(hostOf(host), 'configured'), host);
  for (const host of ['127.0.0.1', '[::1]', 'metadata.example.com', 'models.internal', '10.0.0.7'])
    assert.ok(!isForbiddenHost(hostOf(host), 'configured'), host);
  assert.ok(isForbiddenHost(hostOf('10.0.0.7'), 'public'));
});
