import { ASSERTION, PROTOCOL, SIGNATURE } from './names.ts';
import { refused } from './refused.ts';
import { isSigned } from './signature-shape.ts';
import { attributeOf, childrenOf, isElement, walk, type XmlElement } from './xml-element.ts';
import { readXml, type XmlLimits } from './xml-reader.ts';

/** The outside of a reply, read before any signature is verified: what has to be verified, and nothing of who somebody is. */
export interface Envelope {
  readonly id: string;
  readonly inResponseTo: string | undefined;
  readonly destination: string | undefined;
  readonly issuer: string | undefined;
  /** Status codes from the outer to the inner one. */
  readonly status: readonly string[];
  readonly signed: boolean;
  /** Absent where the provider tells of an error. */
  readonly assertion?:
    | { readonly kind: 'plain'; readonly element: XmlElement; readonly signed: boolean }
    | { readonly kind: 'encrypted'; readonly element: XmlElement };
}

export const RESPONSE_LIMITS: XmlLimits = { length: 512 * 1024, elements: 4_000, depth: 24, comments: 'refuse' };

/** Names that mean something wherever a careless reader finds them, in any namespace. */
const PLACED = new Set(['Response', 'Assertion', 'EncryptedAssertion', 'Signature', 'SignedInfo']);

/** Throws `unauthenticated` for everything that is not one response with at most one assertion, in the usual places. */
export function readEnvelope(text: string): Envelope {
  const response = readXml(text, RESPONSE_LIMITS);
  if (!isElement(response, PROTOCOL, 'Response') || attributeOf(response, 'Version') !== '2.0') throw refused('the reply is not a SAML 2.0 response');
  checkChildren(response, [ASSERTION, 'Issuer'], [SIGNATURE, 'Signature'], [PROTOCOL, 'Status'], [ASSERTION, 'Assertion'], [ASSERTION, 'EncryptedAssertion']);
  const carried = response.children.filter(({ local }) => local.endsWith('Assertion'));
  if (carried.length > 1) throw refused('the response has several assertions');
  const [element] = carried;
  checkPlaces(response, element);
  checkIds(response);
  const assertion = element && carriedIn(element);
  return {
    id: idOf(response),
    inResponseTo: attributeOf(response, 'InResponseTo'),
    destination: attributeOf(response, 'Destination'),
    issuer: childrenOf(response, ASSERTION, 'Issuer')[0]?.text,
    status: statusOf(response),
    signed: isSigned(response),
    ...(assertion ? { assertion } : {}),
  };
}

/** An assertion that came encrypted, once it is not: a document of its own. */
export function readInnerAssertion(text: string): { readonly element: XmlElement; readonly signed: boolean } {
  const element = readXml(text, RESPONSE_LIMITS);
  if (!isElement(element, ASSERTION, 'Assertion')) throw refused('what was encrypted is not an assertion');
  checkPlaces(element, element);
  checkIds(element);
  idOf(element);
  return { element, signed: isSigned(element) };
}

function carriedIn(element: XmlElement): NonNullable<Envelope['assertion']> {
  if (element.local === 'EncryptedAssertion') return { kind: 'encrypted', element };
  idOf(element);
  return { kind: 'plain', element, signed: isSigned(element) };
}

/** Each of these at most once, and nothing else. */
function checkChildren(element: XmlElement, ...allowed: readonly (readonly [namespace: string, local: string])[]): void {
  const known = element.children.every((child) => allowed.some(([namespace, local]) => isElement(child, namespace, local)));
  const single = allowed.every(([namespace, local]) => childrenOf(element, namespace, local).length <= 1 || local.endsWith('Assertion'));
  if (!known || !single) throw refused('the response has parts that are not expected there');
}

/** A signed element that was moved elsewhere, with another in its place, is what signature wrapping is. */
function checkPlaces(root: XmlElement, assertion: XmlElement | undefined): void {
  const owners = [root, assertion].filter((one) => one !== undefined);
  const signatures = owners.flatMap((owner) => childrenOf(owner, SIGNATURE, 'Signature'));
  const expected = new Set([...owners, ...signatures, ...signatures.flatMap((one) => childrenOf(one, SIGNATURE, 'SignedInfo'))]);
  for (const element of walk(root))
    if (PLACED.has(element.local) && !expected.has(element))
      throw refused('the reply has a response, an assertion or a signature at a place where none belongs');
}

/** Whatever a parser may take for an id stands once, however the attribute is written. */
function checkIds(root: XmlElement): void {
  const seen = new Set<string>();
  for (const element of walk(root))
    for (const { local, value } of element.attributes) {
      if (local.toLowerCase() !== 'id') continue;
      if (seen.has(value)) throw refused('an id stands for two elements');
      seen.add(value);
    }
}

function idOf(element: XmlElement): string {
  const ids = element.attributes.filter(({ local }) => local.toLowerCase() === 'id');
  const id = attributeOf(element, 'ID') ?? '';
  if (ids.length !== 1 || !/^[A-Za-z_][A-Za-z0-9_.-]{0,255}$/.test(id)) throw refused('an id is missing or malformed');
  return id;
}

function statusOf(response: XmlElement): readonly string[] {
  const codes: string[] = [];
  let [code] = childrenOf(response, PROTOCOL, 'Status').flatMap((status) => childrenOf(status, PROTOCOL, 'StatusCode'));
  for (; code && codes.length < 4; [code] = childrenOf(code, PROTOCOL, 'StatusCode')) codes.push(attributeOf(code, 'Value') ?? '');
  return codes;
}
