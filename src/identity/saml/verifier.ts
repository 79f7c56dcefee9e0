/** Whose signature is asked for: that of the document's root, or that of the assertion in it. */
export type SignedPart = 'root' | 'assertion';

export interface SignatureVerifier {
  /**
   * The bytes that the part's signature covers, as text: nothing else of the document is proven. Throws where none of the certificates (PEM) fits. The
   * form of the signature was checked before (`isSigned`).
   */
  verify(document: string, part: SignedPart, certificates: readonly string[]): string;
}
