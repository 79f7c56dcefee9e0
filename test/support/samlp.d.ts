/** What the tests use of samlp, which has no types. */
declare module 'samlp' {
  interface SamlpOptions {
    readonly issuer: string;
    readonly audience: string;
    readonly recipient: string;
    readonly destination: string;
    readonly inResponseTo: string;
    readonly cert: string;
    readonly key: string;
    readonly lifetimeInSeconds: number;
    readonly signatureAlgorithm: 'rsa-sha1' | 'rsa-sha256';
    readonly digestAlgorithm: 'sha1' | 'sha256';
    readonly signResponse?: boolean;
    readonly signAssertion?: boolean;
    readonly encryptionCert?: string;
    readonly encryptionPublicKey?: string;
    readonly encryptionAlgorithm?: string;
    readonly profileMapper?: unknown;
  }
  const samlp: {
    getSamlResponse(options: SamlpOptions, user: object, done: (error: Error | null, response: string) => void): void;
    parseRequest(request: object, options: object, done: (error: Error | null, request: { readonly id: string; readonly issuer: string }) => void): void;
  };
  export default samlp;
}
