import { DIGEST_METHODS, ENVELOPED, EXCLUSIVE, SIGNATURE, SIGNATURE_METHODS } from './names.ts';
import { refused } from './refused.ts';
import { attributeOf, childrenOf, isElement, type XmlElement } from './xml-element.ts';

/**
 * Whether `owner` is signed: it has exactly one signature, over itself as a whole. Every form that a verifier could read in two ways
 * (several references, other transforms, objects, parts given twice) is refused before one sees it. Says nothing of whether it verifies.
 */
export function isSigned(owner: XmlElement): boolean {
  const signatures = childrenOf(owner, SIGNATURE, 'Signature');
  const [signature] = signatures;
  if (!signature) return false;
  if (signatures.length > 1) throw refused('an element has several signatures');
  checkSignature(signature, attributeOf(owner, 'ID') ?? '');
  return true;
}

function checkSignature(signature: XmlElement, id: string): void {
  const [info, value] = partsOf(signature, ['SignedInfo', 'SignatureValue'], ['KeyInfo']);
  const [canonical, method, reference] = partsOf(info, ['CanonicalizationMethod', 'SignatureMethod', 'Reference']);
  if (attributeOf(canonical, 'Algorithm') !== EXCLUSIVE) throw refused('the signature uses a canonical form other than exclusive');
  if (!SIGNATURE_METHODS.has(attributeOf(method, 'Algorithm') ?? '')) throw refused('the signature is not RSA with SHA-256 or SHA-512');
  checkReference(reference, id);
  base64Of(value);
}

function checkReference(reference: XmlElement, id: string): void {
  if (id === '' || attributeOf(reference, 'URI') !== `#${id}`) throw refused('the signature is not over the element that carries it');
  const [transforms, method, value] = partsOf(reference, ['Transforms', 'DigestMethod', 'DigestValue']);
  const algorithms = transforms.children.map((one) => (isElement(one, SIGNATURE, 'Transform') ? attributeOf(one, 'Algorithm') : undefined));
  if (algorithms.join(' ') !== `${ENVELOPED} ${EXCLUSIVE}`) throw refused('the signature transforms what it covers in a way that is not accepted');
  if (!DIGEST_METHODS.has(attributeOf(method, 'Algorithm') ?? '')) throw refused('the digest is not SHA-256 or SHA-512');
  base64Of(value);
}

/** Exactly these children in this order, each once; the optional ones may follow. */
function partsOf<const Names extends readonly string[]>(
  element: XmlElement,
  names: Names,
  optional: readonly string[] = [],
): { readonly [Place in keyof Names]: XmlElement } {
  const [found, expected] = [element.children.map(({ local }) => local).join(' '), names.join(' ')];
  const allowed = [expected, ...optional.map((name) => `${expected} ${name}`)];
  if (!allowed.includes(found) || element.children.some(({ namespace }) => namespace !== SIGNATURE))
    throw refused('the signature does not have the usual form');
  // As many as there are names: their joined names are the same.
  return element.children as unknown as { readonly [Place in keyof Names]: XmlElement };
}

function base64Of(element: XmlElement): void {
  if (element.children.length > 0 || !/^[A-Za-z0-9+/=\s]+$/.test(element.text)) throw refused('a value of the signature is malformed');
}
