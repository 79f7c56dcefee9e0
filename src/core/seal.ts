import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/**
 * What the gateway hands out and gets back unchanged: readable by nobody else, and worth nothing in another's hands or
 * another place. `bound` says whose and for what it is; it opens only under the same. `key`: 32 bytes.
 */
export function seal(text: string, bound: readonly unknown[], key: Uint8Array): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(digestOf(bound));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
}

/** What was sealed, or undefined where it is not ours, altered, or bound to something else. */
export function unseal(value: string, bound: readonly unknown[], key: Uint8Array): string | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(value)) return undefined;
  const bytes = Buffer.from(value, 'base64url');
  if (bytes.length < 29) return undefined;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 });
    decipher.setAAD(digestOf(bound));
    decipher.setAuthTag(bytes.subarray(12, 28));
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

function digestOf(bound: readonly unknown[]): Uint8Array {
  return createHash('sha256').update(JSON.stringify(bound)).digest();
}
