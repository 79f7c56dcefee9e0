import type { KeyObject } from 'node:crypto';
import { decodeUtf8 } from '../../core/json.ts';
import { assertionIn, readAssertion, type Assertion } from './assertion.ts';
import { checkConditions, type Expected } from './conditions.ts';
import { decryptAssertion } from './decrypt.ts';
import { readEnvelope, readInnerAssertion, RESPONSE_LIMITS, type Envelope } from './envelope.ts';
import { SUCCESS } from './names.ts';
import { refused } from './refused.ts';
import type { SignatureVerifier } from './verifier.ts';
import { attributeOf, type XmlElement } from './xml-element.ts';
import { readXml } from './xml-reader.ts';

/** Whose signatures are asked for; those that are there must verify in any case. */
export type SignedParts = 'assertion' | 'response' | 'both';

export interface ResponseReader {
  readonly verifier: SignatureVerifier;
  /** The provider's, in PEM. */
  readonly certificates: readonly string[];
  readonly requires: SignedParts;
  /** Keys for encrypted assertions. With one, only encrypted assertions are taken; with none, only plain ones. */
  readonly decryption: readonly KeyObject[];
}

/** The text of a `SAMLResponse` field. Its length is looked at before it is decoded. Throws `unauthenticated`. */
export function decodeResponse(field: string): string {
  if (field.length > 2 * RESPONSE_LIMITS.length) throw refused('the reply is too long');
  const text = field.replaceAll(/[\r\n\t ]/g, '');
  if (text.length > RESPONSE_LIMITS.length || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text))
    throw refused('the reply is not base64, or too long');
  try {
    return decodeUtf8(Buffer.from(text, 'base64'));
  } catch (cause) {
    throw refused('the reply is not UTF-8', cause);
  }
}

/**
 * An assertion that is signed by the provider, for this gateway, this request and this moment, with the time until which it has to be remembered. The
 * order matters: form, status, signatures, and only then, from the bytes that were signed, who it is. Throws `unauthenticated`.
 */
export function readResponse(text: string, reader: ResponseReader, expected: Expected): { readonly assertion: Assertion; readonly until: number } {
  const envelope = readEnvelope(text);
  checkEnvelope(envelope, expected);
  const assertion = readAssertion(signedAssertion(text, envelope, reader));
  return { assertion, until: checkConditions(assertion, expected) };
}

/** Where only the assertion is signed nothing of this is proven: it is said again there, and checked again. */
function checkEnvelope({ status, destination, inResponseTo, issuer, signed }: Envelope, expected: Expected): void {
  if (status[0] !== SUCCESS) throw refused(`the provider refused the sign-in (${nameOf(status.at(-1))})`);
  // A message that is signed names its destination (saml-bindings 3.5.5.2).
  if ((signed || destination !== undefined) && destination !== expected.recipient) throw refused('the reply is meant for another address');
  if (inResponseTo !== expected.request) throw refused('the reply answers another request, or none');
  if (issuer !== undefined && issuer !== expected.issuer) throw refused('the reply is of another issuer than the one configured');
}

/** Of the specification's own status codes; others are not repeated. */
const nameOf = (status = ''): string => /^urn:oasis:names:tc:SAML:2\.0:status:(\w{1,40})$/.exec(status)?.[1] ?? 'no known status';

function signedAssertion(text: string, envelope: Envelope, reader: ResponseReader): XmlElement {
  const { assertion, signed } = envelope;
  const { certificates, requires, verifier } = reader;
  if (!assertion) throw refused('the reply has no assertion');
  if (requires !== 'assertion' && !signed) throw refused('the response is not signed');
  const response = signed ? readXml(verifier.verify(text, 'root', certificates), RESPONSE_LIMITS) : undefined;
  if (response && attributeOf(response, 'ID') !== envelope.id) throw refused('what is signed is not the reply');
  if (assertion.kind === 'encrypted') return openedAssertion(assertion.element, response, reader);
  if (reader.decryption.length > 0) throw refused('the assertion is not encrypted');
  if (requires !== 'response' && !assertion.signed) throw refused('the assertion is not signed');
  const own = assertion.signed ? readXml(verifier.verify(text, 'assertion', certificates), RESPONSE_LIMITS) : undefined;
  return sameAssertion(assertion.element, own ?? (response && assertionIn(response)));
}

/** What was signed before it was encrypted is a document of its own. */
function openedAssertion(unsigned: XmlElement, response: XmlElement | undefined, { decryption, verifier, certificates }: ResponseReader): XmlElement {
  if (decryption.length === 0) throw refused('the assertion is encrypted, and no key for it is configured');
  const text = response ? decryptAssertion(assertionIn(response), decryption, 'signed') : decryptAssertion(unsigned, decryption, 'unsigned');
  const { element, signed } = readInnerAssertion(text);
  if (!signed) throw refused('the encrypted assertion is not signed');
  return sameAssertion(element, readXml(verifier.verify(text, 'root', certificates), RESPONSE_LIMITS));
}

/** The signed one; never another than the one that was looked at before. */
function sameAssertion(seen: XmlElement, signed: XmlElement | undefined): XmlElement {
  if (!signed || attributeOf(signed, 'ID') !== attributeOf(seen, 'ID')) throw refused('what is signed is not the assertion of the reply');
  return signed;
}
