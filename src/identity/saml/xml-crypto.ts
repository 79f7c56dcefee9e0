import { createRequire } from 'node:module';
import { SignedXml } from 'xml-crypto';
import { ASSERTION, SIGNATURE } from './names.ts';
import { refused, UNVERIFIED } from './refused.ts';
import type { SignatureVerifier, SignedPart } from './verifier.ts';

/** What is used of a node of a parsed document. */
interface DomNode {
  readonly namespaceURI: string | null;
  readonly localName: string | null;
  readonly childNodes: ArrayLike<DomNode>;
}

// Its own types would declare a browser's globals to the whole project.
const require = createRequire(import.meta.url);
const { DOMParser } = require('@xmldom/xmldom') as {
  readonly DOMParser: new (options: object) => { parseFromString(text: string, type: string): { readonly documentElement: DomNode } };
};

/**
 * XML Signature as xml-crypto has it. It is given documents that `readEnvelope` accepted, and nothing is asked of it but the bytes that were signed: who
 * somebody is, is read from those by a parser that refuses whatever this one could have read differently.
 */
export const xmlCrypto: SignatureVerifier = {
  verify(document, part, certificates) {
    const text = document.replaceAll(/\r\n?/g, '\n');
    const signature = signatureOf(text, part);
    for (const certificate of certificates) {
      const signed = attempt(text, signature, certificate);
      if (signed !== undefined) return signed;
    }
    throw refused(UNVERIFIED);
  },
};

function attempt(text: string, signature: DomNode, certificate: string): string | undefined {
  // Never the certificate that the document itself brings.
  const verifier = new SignedXml({ publicCert: certificate, getCertFromKeyInfo: () => null });
  try {
    verifier.loadSignature(signature);
    if (!verifier.checkSignature(text)) return undefined;
  } catch {
    return undefined;
  }
  const [signed, ...more] = verifier.getSignedReferences();
  return more.length === 0 ? signed : undefined;
}

function signatureOf(text: string, part: SignedPart): DomNode {
  const fail = (message: string): never => {
    throw refused('the reply is not well-formed', new Error(message));
  };
  const { documentElement } = new DOMParser({ errorHandler: { warning: fail, error: fail, fatalError: fail } }).parseFromString(text, 'text/xml');
  const owner = part === 'root' ? documentElement : childOf(documentElement, ASSERTION, 'Assertion');
  return childOf(owner, SIGNATURE, 'Signature');
}

function childOf(node: DomNode, namespace: string, local: string): DomNode {
  const [found, ...more] = Array.from(node.childNodes).filter((child) => child.namespaceURI === namespace && child.localName === local);
  if (!found || more.length > 0) throw refused(`the reply does not have exactly one ${local} where one is expected`);
  return found;
}
