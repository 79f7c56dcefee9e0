/** Signatures that are accepted, and nothing else: no `none`, no shared secrets. `Ed25519` is RFC 9864's name of what `EdDSA` means here. */
export type Algorithm = 'RS256' | 'ES256' | 'EdDSA';

/** The algorithm that a token's header or a key's `alg` names; compared exactly, as RFC 7515 has it. */
export function readAlgorithm(name: unknown): Algorithm | undefined {
  if (name === 'RS256' || name === 'ES256' || name === 'EdDSA') return name;
  return name === 'Ed25519' ? 'EdDSA' : undefined;
}
