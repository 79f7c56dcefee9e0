import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { makeKeyPair, type KeyPair } from '../../../test/support/saml-keys.ts';
import { readProviderMetadata } from './provider-metadata.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
let keys: readonly KeyPair[];
before(async () => {
  keys = await Promise.all([makeKeyPair('one'), makeKeyPair('two'), makeKeyPair('three')]);
});

const bare = (pair: KeyPair | undefined): string => pair?.certificate.replaceAll(/-----.*-----|\n/g, '') ?? '';
const key = (pair: KeyPair | undefined, use: string): string =>
  `<KeyDescriptor${use}><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>\n${bare(pair)}\n</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>`;
const service = (binding: string, location: string): string =>
  `<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:${binding}" Location="${location}"/>`;

interface Changes {
  readonly attributes?: string;
  readonly keys?: string;
  readonly services?: string;
  readonly prefix?: string;
}

/** As providers publish it: two signing keys, one for encryption, a comment, other bindings and roles. */
function metadata(changes: Changes = {}): string {
  const services =
    changes.services ??
    service('SOAP', 'https://idp.example/soap') +
      service('HTTP-Redirect', 'https://idp.example/sso?a=1&amp;b=2') +
      service('HTTP-POST', 'https://idp.example/post');
  const descriptors = changes.keys ?? key(keys[0], ' use="signing"') + key(keys[1], '') + key(keys[2], ' use="encryption"');
  return (
    `${changes.prefix ?? '<?xml version="1.0" encoding="utf-8"?><!-- made by hand -->'}<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example/"${changes.attributes ?? ''}>` +
    `<SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"/><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` +
    `${descriptors}${services}</IDPSSODescriptor></EntityDescriptor>`
  );
}

test('metadata says who the provider is, where requests go, and which keys sign', () => {
  const read = readProviderMetadata(metadata({ attributes: ' validUntil="2026-11-22T00:00:00Z"' }), NOW);
  assert.equal(read.entityId, 'https://idp.example/');
  assert.deepEqual(read.signOn, { redirect: 'https://idp.example/sso?a=1&b=2', post: 'https://idp.example/post' });
  assert.deepEqual(
    read.certificates.map((one) => one.trim()),
    keys.slice(0, 2).map(({ certificate }) => certificate.trim()),
  );
  assert.equal(readProviderMetadata(metadata(), NOW, 'https://idp.example/').entityId, 'https://idp.example/');
});

test('in a list of providers the configured one is read, and no other', () => {
  const bareMetadata = metadata({ prefix: '' });
  const list = (inner: string) => `<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata">${inner}</EntitiesDescriptor>`;
  const other = bareMetadata.replace('https://idp.example/', 'https://other.example/');
  assert.equal(readProviderMetadata(list(other + bareMetadata), NOW, 'https://idp.example/').entityId, 'https://idp.example/');
  for (const [inner, entityId] of [
    [other, 'https://idp.example/'],
    [bareMetadata + bareMetadata, 'https://idp.example/'],
    [bareMetadata, undefined],
    [list(bareMetadata), 'https://idp.example/'],
  ] as const)
    assert.throws(() => readProviderMetadata(list(inner), NOW, entityId), { code: 'config_invalid' });
});

test('metadata of another provider, out of date, without keys or addresses, or with entities of its own is refused', () => {
  const refuses = (text: string, entityId?: string) => assert.throws(() => readProviderMetadata(text, NOW, entityId), { code: 'config_invalid' }, text);
  refuses(metadata(), 'https://other.example/');
  refuses(metadata({ attributes: ' validUntil="2026-11-21T12:00:00Z"' }));
  refuses(metadata({ keys: '' }));
  refuses(metadata({ keys: key(keys[2], ' use="encryption"') }));
  refuses(metadata({ keys: key({ key: '', certificate: 'AAAA' }, '') }));
  refuses(metadata({ services: service('SOAP', 'https://idp.example/soap') }));
  refuses(metadata({ services: service('HTTP-Redirect', 'javascript:alert(1)') }));
  refuses(metadata({ prefix: '<!DOCTYPE x [<!ENTITY a "b">]>' }));
  refuses('<html><body>sign in</body></html>');
  refuses('');
});
