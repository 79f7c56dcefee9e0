import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { before, test } from 'node:test';
import { promisify } from 'node:util';
import samlp from 'samlp';
import { makeKeyPair, type KeyPair } from '../../../test/support/saml-keys.ts';
import { readProfile } from './attributes.ts';
import { readResponse, type ResponseReader } from './read-response.ts';
import { xmlCrypto } from './xml-crypto.ts';

const EXPECTED = {
  issuer: 'urn:corp:idp',
  audience: 'https://gateway.example/sign-in/corp/metadata',
  recipient: 'https://gateway.example/sign-in/corp/acs',
  request: '_request-1',
} as const;
const USER = {
  id: '0f5b',
  displayName: 'Ada',
  name: { familyName: 'Lovelace', givenName: 'Ada' },
  emails: [{ value: 'ada@example.com', type: 'work' }],
};

let provider: KeyPair;
let own: KeyPair;
before(async () => {
  [provider, own] = await Promise.all([makeKeyPair('provider'), makeKeyPair('own')]);
});

type Options = Parameters<typeof samlp.getSamlResponse>[0];

function respond(more: Partial<Options> = {}): Promise<string> {
  const { issuer, audience, recipient, request } = EXPECTED;
  const keys = { cert: provider.certificate, key: provider.key, signatureAlgorithm: 'rsa-sha256', digestAlgorithm: 'sha256' } as const;
  const options = { issuer, audience, recipient, destination: recipient, inResponseTo: request, lifetimeInSeconds: 300, ...keys, ...more };
  return promisify(samlp.getSamlResponse)(options, USER);
}

function read(text: string, more: Partial<ResponseReader> = {}) {
  const reader: ResponseReader = { verifier: xmlCrypto, certificates: [provider.certificate], requires: 'assertion', decryption: [], ...more };
  return readResponse(text, reader, { ...EXPECTED, now: Date.now() }).assertion;
}

test('what another implementation of a provider writes is read: signed assertions, signed responses, encrypted ones', async () => {
  const names = { missing: 'none', prefix: '', domains: [], name: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress' } as const;
  assert.deepEqual(readProfile(read(await respond()), names), { issuer: EXPECTED.issuer, id: '0f5b', name: 'ada@example.com', groups: [] });
  assert.ok(read(await respond({ signResponse: true }), { requires: 'both' }));
  assert.ok(read(await respond({ signResponse: true, signAssertion: false }), { requires: 'response' }));
  const encryptionPublicKey = String(createPublicKey(own.certificate).export({ type: 'spki', format: 'pem' }));
  const encryptionAlgorithm = 'http://www.w3.org/2009/xmlenc11#aes256-gcm';
  const encrypted = await respond({ encryptionCert: own.certificate, encryptionPublicKey, encryptionAlgorithm });
  assert.doesNotMatch(encrypted, /ada@example/);
  assert.equal(read(encrypted, { decryption: [createPrivateKey(own.key)] }).nameId?.value, '0f5b');
});

test('and refused where it signs with SHA-1, not at all, for another, or with another key', async () => {
  const refused = (text: string, more?: Partial<ResponseReader>) => assert.throws(() => read(text, more), { code: 'unauthenticated' });
  refused(await respond({ signatureAlgorithm: 'rsa-sha1', digestAlgorithm: 'sha1' }));
  refused(await respond({ signAssertion: false }));
  refused(await respond({ audience: 'https://other.example' }));
  refused(await respond({ inResponseTo: '_request-2' }));
  refused(await respond({ lifetimeInSeconds: -100 }));
  refused(await respond(), { certificates: [own.certificate] });
});
