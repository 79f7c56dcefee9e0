import { createHash, timingSafeEqual } from 'node:crypto';
import { SallyportError } from '../../core/error.ts';
import type { Secret } from '../../core/secret.ts';
import type { ScimClient } from './client.ts';

export interface ScimAccess {
  readonly client: ScimClient;
  /** Read at every use: a file that changed is a token that changed. */
  readonly secret: () => Promise<Secret>;
}

/** Which provider a bearer token is of. */
export interface ScimTokens {
  /** Undefined for a token of nobody. Throws where a configured one cannot be read, is too short, or is that of another provider as well. */
  find(token: string): Promise<ScimClient | undefined>;
}

/** As many as 256 bits have in base64url, less what people cut off. */
const MIN_LENGTH = 32;

export function createScimTokens(accesses: readonly ScimAccess[]): ScimTokens {
  return {
    async find(token) {
      const given = hashOf(token);
      // Every one is compared, whichever fits, in a time that tells nothing of them.
      const fitting: ScimClient[] = [];
      for (const { client, secret } of accesses) if (timingSafeEqual(given, hashOf(readable(await secret(), client)))) fitting.push(client);
      const [client, ...more] = fitting;
      if (more.length > 0) throw new SallyportError('config_invalid', 'two providers have one SCIM token', { hint: 'make one for each' });
      return client;
    },
  };
}

function readable(secret: Secret, { name }: ScimClient): string {
  const text = secret.reveal();
  if (text.length >= MIN_LENGTH) return text;
  throw new SallyportError('config_invalid', `the SCIM token of ${name} is shorter than ${MIN_LENGTH} characters`, {
    hint: 'make one: openssl rand -base64 36',
  });
}

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();
