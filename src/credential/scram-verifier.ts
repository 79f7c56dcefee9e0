import { createHash, createHmac, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';

/** What a server keeps of a password for SCRAM-SHA-256 (RFC 5802, RFC 7677): enough to recognise it, not enough to use it. */
export interface ScramVerifier {
  readonly salt: Buffer;
  readonly iterations: number;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

const slow = promisify(pbkdf2);

export async function makeVerifier(password: string, salt: Buffer, iterations: number): Promise<ScramVerifier> {
  const key = await saltedPassword(password, salt, iterations);
  const clientKey = createHmac('sha256', key).update('Client Key').digest();
  return { salt, iterations, storedKey: createHash('sha256').update(clientKey).digest(), serverKey: createHmac('sha256', key).update('Server Key').digest() };
}

export const saltedPassword = (password: string, salt: Uint8Array, iterations: number): Promise<Buffer> =>
  slow(normalized(password), salt, iterations, 32, 'sha256');

/** SASLprep, as far as it changes anything that people type: compatibility forms, and spaces of other kinds. */
const normalized = (password: string): string => password.replaceAll(/[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g, ' ').normalize('NFKC');
