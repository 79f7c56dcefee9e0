import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { makeKeyPair, type KeyPair } from '../../../test/support/saml-keys.ts';
import { assertionXml, attribute, RESPONSE_ID, responseXml, signXml, type ResponseParts } from '../../../test/support/saml-response.ts';
import { readResponse } from './read-response.ts';
import { xmlCrypto } from './xml-crypto.ts';

const PARTS: ResponseParts = {
  issuer: 'https://idp.example/saml',
  audience: 'https://gateway.example/sign-in/corp/metadata',
  recipient: 'https://gateway.example/sign-in/corp/acs',
  request: '_request-1',
  now: Date.parse('2026-11-21T12:00:00Z'),
};

let provider: KeyPair;
let mallory: KeyPair;
/** A response with a signed assertion, a signed response, and both parts of the former. */
let byAssertion: string;
let byResponse: string;
let assertion: string;
let signature: string;
/** What the attacker wants to be read. */
let evil: string;

before(async () => {
  [provider, mallory] = await Promise.all([makeKeyPair('provider'), makeKeyPair('mallory')]);
  const inner = assertionXml({ ...PARTS, attributes: attribute('groups', 'dev') });
  byAssertion = signXml(responseXml(PARTS, inner), '_assertion-1', provider);
  byResponse = signXml(responseXml(PARTS, inner), RESPONSE_ID, provider);
  assertion = partOf(byAssertion, 'saml:Assertion');
  signature = partOf(byAssertion, 'ds:Signature');
  evil = assertionXml({ ...PARTS, assertionId: '_evil', nameId: 'admin@example.com', attributes: attribute('groups', 'admins') });
});

function partOf(xml: string, name: string): string {
  return xml.slice(xml.indexOf(`<${name}`), xml.indexOf(`</${name}>`) + `</${name}>`.length);
}

const replace = (text: string, from: string, to: string): string => {
  assert.ok(text.includes(from), from);
  return text.replace(from, () => to);
};
const unsigned = (): string => replace(assertion, signature, '');

/** For both ways to sign: what is read is what was signed, or nothing. */
function read(text: string, requires: 'assertion' | 'response'): string {
  const reader = { verifier: xmlCrypto, certificates: [provider.certificate], requires, decryption: [] };
  return readResponse(text, reader, PARTS).assertion.nameId?.value ?? '';
}

function refused(text: string, label: string): void {
  for (const requires of ['assertion', 'response'] as const) assert.throws(() => read(text, requires), { code: 'unauthenticated' }, `${label}, ${requires}`);
}

test('the genuine responses are read', () => {
  assert.equal(read(byAssertion, 'assertion'), 'ada@example.com');
  assert.equal(read(byResponse, 'response'), 'ada@example.com');
});

test('XSW1, XSW2: another response around the signed one, or beside it in its signature', () => {
  const signed = partOf(byResponse, 'ds:Signature');
  const original = replace(byResponse, signed, '');
  const forged = replace(replace(original, `ID="${RESPONSE_ID}"`, 'ID="_forged"'), 'ada@', 'admin@');
  refused(replace(forged, '<samlp:Status>', `${replace(signed, '</ds:Signature>', `${original}</ds:Signature>`)}<samlp:Status>`), 'XSW1');
  refused(replace(forged, '<samlp:Status>', `${original}${signed}<samlp:Status>`), 'XSW2');
  refused(replace(forged, '<samlp:Status>', `${signed}<samlp:Status>`), 'signature of another response');
});

test('XSW3, XSW4: a forged assertion before the signed one, or around it', () => {
  refused(replace(byAssertion, assertion, evil + assertion), 'XSW3');
  refused(replace(byAssertion, assertion, assertion + evil), 'XSW3, after');
  refused(replace(byAssertion, assertion, replace(evil, '</saml:Assertion>', `${assertion}</saml:Assertion>`)), 'XSW4');
  refused(replace(byAssertion, assertion, replace(evil, '</saml:Subject>', `</saml:Subject><saml:Advice>${assertion}</saml:Advice>`)), 'in Advice');
});

test('XSW5, XSW6: a forged assertion that carries the signature, with the signed one after or inside of it', () => {
  const carrying = replace(evil, '</saml:Issuer>', `</saml:Issuer>${signature}`);
  refused(replace(byAssertion, assertion, carrying + unsigned()), 'XSW5');
  refused(replace(byAssertion, assertion, replace(carrying, '</ds:Signature>', `${unsigned()}</ds:Signature>`)), 'XSW6');
  refused(replace(byAssertion, assertion, carrying), 'the signature alone');
  refused(replace(byAssertion, assertion, replace(carrying, '_evil', '_assertion-1')), 'with its id');
});

test('XSW7, XSW8: the forged or the signed assertion in Extensions or in an Object of the signature', () => {
  refused(replace(byAssertion, '<samlp:Status>', `<samlp:Extensions>${evil}</samlp:Extensions><samlp:Status>`), 'XSW7');
  const carrying = replace(
    evil,
    '</saml:Issuer>',
    `</saml:Issuer>${replace(signature, '</ds:Signature>', `<ds:Object>${unsigned()}</ds:Object></ds:Signature>`)}`,
  );
  refused(replace(byAssertion, assertion, carrying), 'XSW8');
  refused(
    replace(byAssertion, '<samlp:Status>', `<samlp:Extensions>${assertion}</samlp:Extensions><samlp:Status>`).replace(
      /<saml:Assertion(?![\s\S]*<saml:Assertion)[\s\S]*<\/saml:Assertion>/,
      evil,
    ),
    'signed in Extensions',
  );
});

test('one id on two elements, in any spelling of the attribute', () => {
  for (const id of ['ID', 'Id', 'id', 'xml:id']) {
    refused(replace(byAssertion, '<samlp:Status>', `<samlp:Status ${id}="_assertion-1">`), id);
    refused(replace(byAssertion, '<saml:Assertion ', `<saml:Assertion ${id === 'ID' ? 'iD' : id}="_other" `), `${id} beside ID`);
  }
});

test('parts of a signature that are given twice: two SignedInfo, two references, two values', () => {
  const info = partOf(signature, 'ds:SignedInfo');
  const reference = partOf(signature, 'ds:Reference');
  const value = partOf(signature, 'ds:SignatureValue');
  const digest = partOf(signature, 'ds:DigestValue');
  for (const [from, to] of [
    [info, info + info],
    [info, replace(info, '_assertion-1', '_evil') + info],
    [reference, reference + reference],
    [reference, replace(reference, '_assertion-1', RESPONSE_ID) + reference],
    [value, value + value],
    [digest, digest + digest],
    [signature, signature + signature],
  ] as const)
    refused(replace(byAssertion, from, to), to.slice(0, 40));
});

test('a comment in a digest, a signature or a name, CDATA and processing instructions', () => {
  const digest = partOf(signature, 'ds:DigestValue');
  refused(replace(byAssertion, digest, replace(digest, '>', '><!-- AAAA -->')), 'DigestValue');
  refused(replace(byAssertion, 'ada@example.com', 'ada@example.com<!-- -->.evil.example'), 'comment in NameID');
  refused(replace(byAssertion, 'ada@example.com', '<![CDATA[ada@example.com]]>'), 'CDATA');
  refused(replace(byAssertion, 'ada@example.com', 'ada@<?x y?>example.com'), 'processing instruction');
});

test('a DOCTYPE: entities in names, defaults for attributes, files, networks, bombs', () => {
  for (const subset of [
    '<!ENTITY who "admin@example.com">',
    '<!ENTITY who SYSTEM "file:///etc/passwd">',
    '<!ENTITY % remote SYSTEM "http://127.0.0.1/x.dtd"> %remote;',
    '<!ATTLIST saml:Assertion ID CDATA "_assertion-1">',
    '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY who "&b;&b;&b;">',
  ]) {
    refused(`<!DOCTYPE r [${subset}]>${byAssertion}`, subset);
    refused(`<?xml version="1.0"?><!DOCTYPE r [${subset}]>${replace(byAssertion, 'ada@example.com', '&who;')}`, subset);
  }
});

test('attributes given twice, and namespaces that make an element look like another', () => {
  refused(replace(byAssertion, 'ID="_assertion-1"', 'ID="_evil" ID="_assertion-1"'), 'two IDs');
  refused(replace(byAssertion, '<saml:Assertion ', '<saml:Assertion xmlns:saml="urn:evil" '), 'two declarations');
  refused(replace(byAssertion, assertion, replace(evil, 'urn:oasis:names:tc:SAML:2.0:assertion', 'urn:evil') + assertion), 'assertion of another namespace');
  refused(replace(byAssertion, '<samlp:Status>', `<x:Signature xmlns:x="urn:evil">${signature}</x:Signature><samlp:Status>`), 'signature of another namespace');
  refused(replace(byAssertion, 'xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"', 'xmlns:samlp="urn:oasis:names:tc:SAML:1.0:protocol"'), 'another protocol');
  refused(replace(byAssertion, '<samlp:Status>', '<undeclared:Status/><samlp:Status>'), 'undeclared');
});

test('a reference to the whole document, to nothing or to another element', () => {
  for (const uri of ['', '#', `#${RESPONSE_ID}`, '_assertion-1', '#xpointer(/)', "#x' or '1'='1", 'http://127.0.0.1/x']) {
    refused(replace(byAssertion, 'URI="#_assertion-1"', `URI="${uri}"`), uri);
  }
});

test('a signature of the attacker, with the attacker’s certificate in it', () => {
  const forged = signXml(responseXml(PARTS, evil), '_evil', mallory);
  assert.match(forged, /X509Certificate/);
  refused(forged, 'own key');
  const borrowed = replace(
    forged,
    partOf(forged, 'ds:X509Certificate'),
    `<ds:X509Certificate>${provider.certificate.replaceAll(/-----.*-----|\n/g, '')}</ds:X509Certificate>`,
  );
  refused(borrowed, 'own key, certificate of the provider');
});

test('what is written around the signed part is not read: attributes, statements, a second subject', () => {
  const added = `<saml:AttributeStatement>${attribute('groups', 'admins')}</saml:AttributeStatement>`;
  refused(replace(byAssertion, '</saml:Assertion>', `${added}</saml:Assertion>`), 'statement');
  refused(replace(byAssertion, '</samlp:Response>', `${added}</samlp:Response>`), 'in the response');
  refused(replace(byResponse, '</saml:Subject>', '</saml:Subject><saml:Subject/>'), 'subject');
  refused(`${byAssertion}${byAssertion}`, 'two documents');
  refused(`${byAssertion}<evil/>`, 'after the end');
});

test('a document is bounded before it is parsed: depth, number, length', () => {
  for (const bomb of ['<x>'.repeat(5_000) + '</x>'.repeat(5_000), '<x/>'.repeat(5_000), `<x>${'y'.repeat(600_000)}</x>`])
    refused(replace(byAssertion, '<samlp:Status>', `${bomb}<samlp:Status>`), bomb.slice(0, 10));
});
