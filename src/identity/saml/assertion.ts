import { ASSERTION, BEARER, SIGNATURE, XSI } from './names.ts';
import { refused } from './refused.ts';
import { readInstant } from './time.ts';
import { attributeOf, childrenOf, isElement, type XmlElement } from './xml-element.ts';

/** What a signed assertion says; all of it is read from the bytes that the signature covers. */
export interface Assertion {
  readonly id: string;
  readonly issuer: string;
  readonly nameId: { readonly value: string; readonly format: string } | undefined;
  readonly confirmations: readonly Confirmation[];
  readonly notBefore: number | undefined;
  readonly notOnOrAfter: number | undefined;
  /** One set for each restriction: an assertion is for whoever is in all of them. */
  readonly audiences: readonly (readonly string[])[];
  readonly attributes: readonly SamlAttribute[];
  /** When the provider's own session ends, where it says so. */
  readonly sessionEndsAt: number | undefined;
  /** What the provider calls that session. */
  readonly sessionIndex: string | undefined;
}

/** That whoever brings the assertion is its subject. */
export interface Confirmation {
  readonly recipient: string | undefined;
  readonly inResponseTo: string | undefined;
  readonly notBefore: number | undefined;
  readonly notOnOrAfter: number | undefined;
}

export interface SamlAttribute {
  readonly name: string;
  /** Undefined where a value is more than text. */
  readonly values: readonly string[] | undefined;
}

const PARTS = ['Subject', 'Conditions', 'AuthnStatement', 'AttributeStatement'];

/** The assertion of a response, plain or encrypted. */
export function assertionIn(response: XmlElement): XmlElement {
  const [assertion, ...more] = response.children.filter(({ namespace, local }) => namespace === ASSERTION && local !== 'Issuer');
  if (!assertion || more.length > 0) throw refused('the response does not have exactly one assertion');
  return assertion;
}

/** `assertion` is what a signature covers. Throws `unauthenticated`; what is there but not understood is never skipped. */
export function readAssertion(assertion: XmlElement): Assertion {
  if (!isElement(assertion, ASSERTION, 'Assertion') || attributeOf(assertion, 'Version') !== '2.0') throw refused('what is signed is not a SAML 2.0 assertion');
  checkParts(assertion);
  const subject = one(assertion, 'Subject');
  const conditions = one(assertion, 'Conditions');
  const statements = childrenOf(assertion, ASSERTION, 'AuthnStatement');
  if (statements.length === 0) throw refused('the assertion does not say that anybody signed in');
  return {
    id: attributeOf(assertion, 'ID') ?? '',
    issuer: textOf(one(assertion, 'Issuer')),
    nameId: nameIdOf(subject),
    confirmations: childrenOf(subject, ASSERTION, 'SubjectConfirmation').flatMap(confirmationOf),
    notBefore: instantOf(conditions, 'NotBefore'),
    notOnOrAfter: instantOf(conditions, 'NotOnOrAfter'),
    audiences: audiencesOf(conditions),
    attributes: childrenOf(assertion, ASSERTION, 'AttributeStatement').flatMap(attributesOf),
    sessionIndex: statements.map((statement) => attributeOf(statement, 'SessionIndex')).find((index) => index !== undefined && index.length <= 1024),
    sessionEndsAt: earliest(statements.map((statement) => instantOf(statement, 'SessionNotOnOrAfter'))),
  };
}

/** `Advice` may carry assertions of others, other statements say what nobody reads here. */
function checkParts(assertion: XmlElement): void {
  for (const child of assertion.children) {
    const usual = child.namespace === ASSERTION && [...PARTS, 'Issuer'].includes(child.local);
    if (!usual && !isElement(child, SIGNATURE, 'Signature')) throw refused('the assertion has a part that is not accepted');
  }
}

function one(element: XmlElement, local: string): XmlElement {
  const [found, ...more] = childrenOf(element, ASSERTION, local);
  if (!found || more.length > 0) throw refused(`the assertion does not have exactly one ${local}`);
  return found;
}

function textOf(element: XmlElement): string {
  if (element.children.length > 0) throw refused(`the ${element.local} of the assertion is more than text`);
  return element.text;
}

function nameIdOf(subject: XmlElement): Assertion['nameId'] {
  const [nameId, ...more] = subject.children.filter(({ local }) => local !== 'SubjectConfirmation');
  if (!nameId) return undefined;
  if (more.length > 0 || !isElement(nameId, ASSERTION, 'NameID')) throw refused('the subject of the assertion is not one plain NameID');
  return { value: textOf(nameId), format: attributeOf(nameId, 'Format') ?? '' };
}

function confirmationOf(confirmation: XmlElement): readonly Confirmation[] {
  if (attributeOf(confirmation, 'Method') !== BEARER) return [];
  const [data] = childrenOf(confirmation, ASSERTION, 'SubjectConfirmationData');
  if (!data) return [];
  return [
    {
      recipient: attributeOf(data, 'Recipient'),
      inResponseTo: attributeOf(data, 'InResponseTo'),
      notBefore: instantOf(data, 'NotBefore'),
      notOnOrAfter: instantOf(data, 'NotOnOrAfter'),
    },
  ];
}

/** A condition that is not understood makes an assertion invalid (saml-core 2.5.1). `OneTimeUse` holds for every assertion here; nobody is asked to pass one on. */
function audiencesOf(conditions: XmlElement): Assertion['audiences'] {
  const known = ['AudienceRestriction', 'OneTimeUse', 'ProxyRestriction'];
  if (conditions.children.some(({ namespace, local }) => namespace !== ASSERTION || !known.includes(local))) {
    throw refused('the assertion has a condition that is not understood');
  }
  return childrenOf(conditions, ASSERTION, 'AudienceRestriction').map((restriction) => childrenOf(restriction, ASSERTION, 'Audience').map(textOf));
}

function attributesOf(statement: XmlElement): readonly SamlAttribute[] {
  if (!statement.children.every((child) => isElement(child, ASSERTION, 'Attribute'))) throw refused('the assertion has attributes that cannot be read');
  return statement.children.map((attribute) => ({ name: attributeOf(attribute, 'Name') ?? '', values: valuesOf(attribute) }));
}

function valuesOf(attribute: XmlElement): readonly string[] | undefined {
  const values = childrenOf(attribute, ASSERTION, 'AttributeValue').filter((value) => !isNil(value));
  return values.every(({ children }) => children.length === 0) ? values.map(({ text }) => text) : undefined;
}

const isNil = (value: XmlElement): boolean => value.attributes.some((one) => one.namespace === XSI && one.local === 'nil' && /^(?:true|1)$/.test(one.value));

function instantOf(element: XmlElement, name: string): number | undefined {
  const text = attributeOf(element, name);
  return text === undefined ? undefined : readInstant(text);
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
