import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { before, test } from 'node:test';
import { makeKeyPair, type KeyPair } from '../../../test/support/saml-keys.ts';
import { assertionXml, attribute, encryptAssertion, RESPONSE_ID, responseXml, signXml, type ResponseParts } from '../../../test/support/saml-response.ts';
import { readProfile } from './attributes.ts';
import { decodeResponse, readResponse, type ResponseReader } from './read-response.ts';
import { xmlCrypto } from './xml-crypto.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const PARTS: ResponseParts = {
  issuer: 'https://idp.example/saml',
  audience: 'https://gateway.example/sign-in/corp/metadata',
  recipient: 'https://gateway.example/sign-in/corp/acs',
  request: '_request-1',
  now: NOW,
};

let provider: KeyPair;
let other: KeyPair;
let own: KeyPair;
before(async () => {
  [provider, other, own] = await Promise.all([makeKeyPair('provider'), makeKeyPair('other'), makeKeyPair('own')]);
});

const NAMES = { missing: 'none', prefix: '', domains: [] } as const;

type Changes = Partial<ResponseParts>;
const plain = (changes: Changes = {}) => responseXml({ ...PARTS, ...changes }, assertionXml({ ...PARTS, ...changes }));
const signed = (changes: Changes = {}) => signXml(plain(changes), changes.assertionId ?? '_assertion-1', provider);
const reader = (changes: Partial<ResponseReader> = {}): ResponseReader => ({
  verifier: xmlCrypto,
  certificates: [provider.certificate],
  requires: 'assertion',
  decryption: [],
  ...changes,
});
const read = (text: string, changes: Partial<ResponseReader> = {}, now = NOW) => readResponse(text, reader(changes), { ...PARTS, now });
const refuses = (text: string, message: RegExp, changes: Partial<ResponseReader> = {}, now = NOW) =>
  assert.throws(() => read(text, changes, now), { code: 'unauthenticated', message });

test('an assertion that its provider signed for this request is read', () => {
  const { assertion, until } = read(signed({ attributes: attribute('groups', 'ops', 'dev') }));
  assert.deepEqual(assertion.nameId, { value: 'ada@example.com', format: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress' });
  assert.deepEqual(readProfile(assertion, { ...NAMES, groups: 'groups' }), {
    issuer: PARTS.issuer,
    id: 'ada@example.com',
    name: 'ada@example.com',
    groups: ['ops', 'dev'],
    providerSession: 's1',
  });
  assert.equal(until, NOW + 300_000 + 45_000);
});

test('what is not signed, or signed by another key, signs nobody in; the key that the document brings is not asked', () => {
  assert.ok(read(signed()));
  refuses(plain(), /the assertion is not signed/);
  refuses(signXml(plain(), '_assertion-1', other), /does not verify/);
});

test('during a change of keys either certificate of the provider will do', () => {
  const certificates = [other.certificate, provider.certificate];
  assert.ok(read(signed(), { certificates }));
  assert.ok(read(signXml(plain(), '_assertion-1', other), { certificates }));
  refuses(signXml(plain(), '_assertion-1', own), /does not verify/, { certificates });
});

test('a changed name, attribute or time breaks the signature', () => {
  const xml = signed({ attributes: attribute('groups', 'dev') });
  for (const [from, to] of [
    ['ada@example.com', 'eve@example.com'],
    ['>dev<', '>ops<'],
    ['2026-11-21T12:05', '2026-11-21T13:05'],
  ] as const) {
    assert.ok(xml.includes(from));
    refuses(xml.replaceAll(from, to), /does not verify|hour/);
  }
});

test('SHA-1, inclusive canonical forms, other transforms and shared secrets are refused; SHA-512 is not', () => {
  const sign = (options: Parameters<typeof signXml>[3]) => signXml(plain(), '_assertion-1', provider, options);
  const [enveloped, exclusive] = ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', 'http://www.w3.org/2001/10/xml-exc-c14n#'];
  assert.ok(read(sign({ method: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512', digest: 'http://www.w3.org/2001/04/xmlenc#sha512' })));
  refuses(sign({ method: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1' }), /not RSA with SHA-256/);
  refuses(sign({ digest: 'http://www.w3.org/2000/09/xmldsig#sha1' }), /digest is not SHA-256/);
  refuses(sign({ canonical: 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315' }), /canonical form/);
  refuses(sign({ transforms: [enveloped, 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315'] }), /transforms/);
  refuses(sign({ transforms: [enveloped, `${exclusive}WithComments`] }), /transforms/);
  const mac = signed().replace('http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', 'http://www.w3.org/2000/09/xmldsig#hmac-sha1');
  refuses(mac, /not RSA/);
});

test('a signed response is enough only where that is configured, and counts where both are', () => {
  const responseOnly = signXml(plain(), RESPONSE_ID, provider);
  const both = signXml(signed(), RESPONSE_ID, provider);
  assert.ok(read(responseOnly, { requires: 'response' }));
  assert.ok(read(both, { requires: 'both' }));
  assert.ok(read(both));
  refuses(responseOnly, /the assertion is not signed/);
  refuses(signed(), /the response is not signed/, { requires: 'response' });
  refuses(signed(), /the response is not signed/, { requires: 'both' });
  refuses(signXml(signed(), RESPONSE_ID, other), /does not verify/);
});

test('an assertion for another audience, or for anybody, is refused', () => {
  const conditions = (inner: string) => `<saml:Conditions NotOnOrAfter="2026-11-21T12:05:00Z">${inner}</saml:Conditions>`;
  const restriction = (...audiences: string[]) =>
    `<saml:AudienceRestriction>${audiences.map((one) => `<saml:Audience>${one}</saml:Audience>`).join('')}</saml:AudienceRestriction>`;
  assert.ok(read(signed({ conditions: conditions(restriction('https://other.example', PARTS.audience)) })));
  refuses(signed({ audience: 'https://other.example' }), /another audience/);
  refuses(signed({ conditions: conditions('') }), /another audience/);
  refuses(signed({ conditions: conditions(restriction(PARTS.audience) + restriction('https://other.example')) }), /another audience/);
  refuses(signed({ conditions: conditions(restriction(`${PARTS.audience}/`)) }), /another audience/);
  refuses(signed({ conditions: conditions(`${restriction(PARTS.audience)}<saml:Condition/>`) }), /not understood/);
  refuses(signed({ conditions: '' }), /exactly one Conditions/);
});

test('an assertion of another issuer is refused, even if that one signs with the same key', () => {
  refuses(signed({ issuer: 'https://evil.example' }), /another issuer/);
  refuses(signed({ issuer: 'https://evil.example', responseIssuer: PARTS.issuer }), /another issuer/);
  refuses(signed({ responseIssuer: 'https://evil.example' }), /another issuer/);
});

test('an assertion is good between its times, give or take what clocks differ by', () => {
  const xml = signed();
  for (const seconds of [-100, 0, 340]) assert.ok(read(xml, {}, NOW + seconds * 1000), String(seconds));
  for (const seconds of [-110, 346, 100_000]) refuses(xml, /not valid yet|expired|this moment/, {}, NOW + seconds * 1000);
  refuses(signed({ conditions: '<saml:Conditions NotBefore="yesterday"/>' }), /time is malformed/);
});

test('an assertion that would be good for longer than an hour is refused: it would have to be remembered as long', () => {
  const far = '<saml:Conditions NotOnOrAfter="2026-11-21T15:00:00Z"><saml:AudienceRestriction><saml:Audience>';
  refuses(signed({ conditions: `${far}${PARTS.audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>` }), /longer than an hour/);
});

test('a confirmation for another address, another request, without an end or by another method is none', () => {
  const confirmation = (data: string, method = 'bearer') =>
    `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:${method}"><saml:SubjectConfirmationData ${data}/></saml:SubjectConfirmation>`;
  const [to, answers, until] = [`Recipient="${PARTS.recipient}"`, `InResponseTo="${PARTS.request}"`, 'NotOnOrAfter="2026-11-21T12:05:00Z"'];
  assert.ok(read(signed({ confirmation: confirmation(`${to} ${answers} ${until}`) })));
  const wrong = [
    confirmation(`Recipient="https://other.example/acs" ${answers} ${until}`),
    confirmation(`${answers} ${until}`),
    confirmation(`${to} InResponseTo="_request-2" ${until}`),
    confirmation(`${to} ${until}`),
    confirmation(`${to} ${answers}`),
    confirmation(`${to} ${answers} ${until}`, 'holder-of-key'),
    confirmation(`${to} ${answers} NotOnOrAfter="2026-11-21T11:59:00Z"`),
    '',
  ];
  for (const one of wrong) refuses(signed({ confirmation: one }), /no confirmation/);
});

test('a reply to another address, or to another request, is refused', () => {
  refuses(signed({ destination: 'https://gateway.example/sign-in/other/acs' }), /meant for another address/);
  refuses(signed().replace('InResponseTo="_request-1">', 'InResponseTo="_request-2">'), /answers another request/);
  refuses(signed().replace(' InResponseTo="_request-1">', '>'), /answers another request/);
});

test('the provider’s refusal is told by its code, and nothing that the reply says beside it', () => {
  const status = (code: string) =>
    `<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"><samlp:StatusCode Value="${code}"/></samlp:StatusCode>`;
  refuses(responseXml({ ...PARTS, status: status('urn:oasis:names:tc:SAML:2.0:status:AuthnFailed') }, ''), /refused the sign-in \(AuthnFailed\)$/);
  refuses(responseXml({ ...PARTS, status: status('canary') }, ''), /refused the sign-in \(no known status\)$/);
  refuses(responseXml(PARTS, ''), /no assertion/);
  refuses(signed({ status: status('urn:oasis:names:tc:SAML:2.0:status:NoPassive') }), /NoPassive/);
});

test('an encrypted assertion is opened with the gateway’s key, and must be signed inside', () => {
  const decryption = [createPrivateKey(own.key)];
  const inner = signXml(assertionXml(PARTS), '_assertion-1', provider);
  const wrap = (text: string, options: Parameters<typeof encryptAssertion>[2] = {}) => responseXml(PARTS, encryptAssertion(text, own.certificate, options));
  assert.equal(read(wrap(inner), { decryption }).assertion.id, '_assertion-1');
  assert.ok(read(signXml(wrap(inner), RESPONSE_ID, provider), { decryption, requires: 'both' }));
  assert.ok(read(wrap(inner), { decryption: [createPrivateKey(other.key), ...decryption] }));
  refuses(wrap(assertionXml(PARTS)), /encrypted assertion is not signed/, { decryption });
  refuses(signXml(wrap(assertionXml(PARTS)), RESPONSE_ID, provider), /encrypted assertion is not signed/, { decryption, requires: 'response' });
  refuses(wrap(signXml(assertionXml(PARTS), '_assertion-1', other)), /does not verify/, { decryption });
  refuses(wrap(inner, { transport: 'rsa-1_5' }), /way that is not accepted/, { decryption });
  refuses(wrap(inner), /cannot be decrypted/, { decryption: [createPrivateKey(other.key)] });
  refuses(wrap(inner), /no key for it/);
  refuses(signed(), /is not encrypted/, { decryption });
});

test('AES-CBC, which does not authenticate, is taken inside of a signed response only', () => {
  const decryption = [createPrivateKey(own.key)];
  const inner = signXml(assertionXml(PARTS), '_assertion-1', provider);
  const response = responseXml(PARTS, encryptAssertion(inner, own.certificate, { cipher: 'aes-128-cbc' }));
  assert.ok(read(signXml(response, RESPONSE_ID, provider), { decryption }));
  refuses(response, /taken only in a signed response/, { decryption });
  refuses(signXml(response, RESPONSE_ID, other), /does not verify/, { decryption });
});

test('whatever is wrong with what was encrypted is told alike', () => {
  const decryption = [createPrivateKey(own.key)];
  const xml = responseXml(PARTS, encryptAssertion(signXml(assertionXml(PARTS), '_assertion-1', provider), own.certificate));
  const last = xml.lastIndexOf('</xenc:CipherValue>') - 12;
  refuses(`${xml.slice(0, last)}AAAA${xml.slice(last + 4)}`, /^the assertion cannot be decrypted$/, { decryption });
  const changed = signXml(xml.replace('2009/xmlenc11#aes256-gcm', '2001/04/xmlenc#aes256-cbc'), RESPONSE_ID, provider);
  refuses(changed, /^the assertion cannot be decrypted$/, { decryption });
  refuses(xml.replace('aes256-gcm', 'tripledes-cbc'), /way that is not accepted/, { decryption });
});

test('a field that is too long or no base64 is refused before it is decoded', () => {
  const field = Buffer.from(signed()).toString('base64');
  assert.equal(decodeResponse(field.replaceAll(/.{76}/g, '$&\r\n')), signed());
  for (const bad of ['', 'a', '<a/>', `${field}!`, 'A'.repeat(2 << 20), 'A'.repeat(600 << 10), Buffer.from([0xff, 0xfe, 0xff]).toString('base64')])
    assert.throws(() => decodeResponse(bad), { code: 'unauthenticated' });
});

test('names are text alone: comments, entities, elements and invisible characters in a NameID are refused', () => {
  refuses(signed().replace('ada@example.com', 'admin@example.com<!---->.evil.example'), /not XML|comment/);
  refuses(signed().replace('ada@', '<b/>ada@'), /more than text|does not verify/);
  refuses(signed({ nameId: 'admin<x/>@example.com' }), /more than text/);
  const bad = ['', ' ada', 'ada\u200b', 'a,b', 'a'.repeat(321), '&#xA;ada'];
  for (const nameId of bad) assert.throws(() => readProfile(read(signed({ nameId })).assertion, NAMES), { code: 'unauthenticated' }, nameId);
});
