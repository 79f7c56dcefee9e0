/** Responses as a SAML provider writes them, from parts that a test may change one by one, and their signatures. */
import { createCipheriv, createPublicKey, constants, publicEncrypt, randomBytes } from 'node:crypto';
import { SignedXml } from 'xml-crypto';
import type { KeyPair } from './saml-keys.ts';

export interface ResponseParts {
  readonly issuer: string;
  readonly audience: string;
  readonly recipient: string;
  readonly request: string;
  /** Epoch milliseconds; the assertion is good from a minute before to five minutes after. */
  readonly now: number;
  readonly assertionId?: string;
  readonly nameId?: string;
  readonly format?: string;
  /** XML inside of the attribute statement. */
  readonly attributes?: string;
  readonly conditions?: string;
  readonly confirmation?: string;
  readonly destination?: string;
  readonly responseIssuer?: string;
  readonly status?: string;
  readonly statement?: string;
}

export const RESPONSE_ID = '_response-1';
const EMAIL = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress';

const at = (now: number, seconds: number): string => new Date(now + seconds * 1000).toISOString();

export function attribute(name: string, ...values: readonly string[]): string {
  return `<saml:Attribute Name="${name}">${values.map((value) => `<saml:AttributeValue>${value}</saml:AttributeValue>`).join('')}</saml:Attribute>`;
}

export function assertionXml(parts: ResponseParts): string {
  const { issuer, audience, recipient, request, now, assertionId = '_assertion-1', nameId = 'ada@example.com', format = EMAIL } = parts;
  const times = `NotBefore="${at(now, -60)}" NotOnOrAfter="${at(now, 300)}"`;
  const conditions =
    parts.conditions ??
    `<saml:Conditions ${times}><saml:AudienceRestriction><saml:Audience>${audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>`;
  const data = `<saml:SubjectConfirmationData InResponseTo="${request}" Recipient="${recipient}" NotOnOrAfter="${at(now, 300)}"/>`;
  const confirmation = parts.confirmation ?? `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">${data}</saml:SubjectConfirmation>`;
  const classRef = '<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>';
  const statement =
    parts.statement ??
    `<saml:AuthnStatement AuthnInstant="${at(now, 0)}" SessionIndex="s1"><saml:AuthnContext>${classRef}</saml:AuthnContext></saml:AuthnStatement>`;
  const attributes = parts.attributes === undefined ? '' : `<saml:AttributeStatement>${parts.attributes}</saml:AttributeStatement>`;
  return (
    `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${assertionId}" Version="2.0" IssueInstant="${at(now, 0)}">` +
    `<saml:Issuer>${issuer}</saml:Issuer><saml:Subject><saml:NameID Format="${format}">${nameId}</saml:NameID>${confirmation}</saml:Subject>` +
    `${conditions}${statement}${attributes}</saml:Assertion>`
  );
}

/** The response around assertions, or whatever a test puts there. */
export function responseXml({ recipient, request, now, issuer, ...parts }: ResponseParts, assertion: string): string {
  const status = parts.status ?? '<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/>';
  return (
    `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="${RESPONSE_ID}" Version="2.0" IssueInstant="${at(now, 0)}" ` +
    `Destination="${parts.destination ?? recipient}" InResponseTo="${request}">` +
    `<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${parts.responseIssuer ?? issuer}</saml:Issuer>` +
    `<samlp:Status>${status}</samlp:Status>${assertion}</samlp:Response>`
  );
}

export interface SigningOptions {
  readonly method?: string;
  readonly digest?: string;
  readonly canonical?: string;
  readonly transforms?: readonly string[];
}

const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#';

/** Signs the element of this id in its place, after its issuer. */
export function signXml(xml: string, id: string, pair: KeyPair, options: SigningOptions = {}): string {
  const signer = new SignedXml({ privateKey: pair.key, publicCert: pair.certificate });
  // The names are the specification's; the types list only those that are known to the library.
  signer.signatureAlgorithm = options.method ?? 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
  signer.canonicalizationAlgorithm = options.canonical ?? EXCLUSIVE;
  signer.addReference({
    xpath: `//*[@ID='${id}']`,
    uri: `#${id}`,
    transforms: [...(options.transforms ?? ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', EXCLUSIVE])],
    digestAlgorithm: options.digest ?? 'http://www.w3.org/2001/04/xmlenc#sha256',
  });
  signer.computeSignature(xml, { prefix: 'ds', location: { reference: `//*[@ID='${id}']/*[local-name(.)='Issuer']`, action: 'after' } });
  return signer.getSignedXml();
}

export interface EncryptionOptions {
  readonly cipher?: 'aes-256-gcm' | 'aes-128-cbc';
  readonly transport?: string;
}

const CIPHER_NAMES = {
  'aes-256-gcm': ['http://www.w3.org/2009/xmlenc11#aes256-gcm', 32, 12],
  'aes-128-cbc': ['http://www.w3.org/2001/04/xmlenc#aes128-cbc', 16, 16],
} as const;

/** An assertion (signed before) as an `EncryptedAssertion` for the holder of this certificate's key. */
export function encryptAssertion(
  assertion: string,
  certificate: string,
  { cipher = 'aes-256-gcm', transport = 'rsa-oaep-mgf1p' }: EncryptionOptions = {},
): string {
  const [algorithm, keyBytes, ivBytes] = CIPHER_NAMES[cipher];
  const [secret, iv] = [randomBytes(keyBytes), randomBytes(ivBytes)];
  const data = (cipher === 'aes-256-gcm' ? sealGcm(assertion, secret, iv) : sealCbc(assertion, secret, iv)).toString('base64');
  const padding = transport === 'rsa-1_5' ? constants.RSA_PKCS1_PADDING : constants.RSA_PKCS1_OAEP_PADDING;
  const key = publicEncrypt({ key: createPublicKey(certificate), padding, oaepHash: 'sha1' }, secret).toString('base64');
  const value = (text: string): string => `<xenc:CipherData><xenc:CipherValue>${text}</xenc:CipherValue></xenc:CipherData>`;
  const method = `<xenc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#${transport}"/>`;
  return (
    '<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" ' +
    `Type="http://www.w3.org/2001/04/xmlenc#Element"><xenc:EncryptionMethod Algorithm="${algorithm}"/>` +
    `<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><xenc:EncryptedKey>${method}${value(key)}</xenc:EncryptedKey></ds:KeyInfo>` +
    `${value(data)}</xenc:EncryptedData></saml:EncryptedAssertion>`
  );
}

function sealGcm(text: string, secret: Buffer, iv: Buffer): Buffer {
  const engine = createCipheriv('aes-256-gcm', secret, iv);
  return Buffer.concat([iv, engine.update(text, 'utf8'), engine.final(), engine.getAuthTag()]);
}

function sealCbc(text: string, secret: Buffer, iv: Buffer): Buffer {
  const engine = createCipheriv('aes-128-cbc', secret, iv);
  return Buffer.concat([iv, engine.update(text, 'utf8'), engine.final()]);
}
