import { AuthorizationResponseError, ResponseBodyError } from 'openid-client';

/**
 * What an operator may read of an error of the library: its own texts are fixed, but its causes carry whole replies, with codes and
 * tokens in them. Of those only the provider's error code is taken over.
 */
export function safeCause(error: unknown): Error {
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) return new Error(`${error.message}: ${errorCode(error.error)}`);
  return new Error(error instanceof Error ? error.message.slice(0, 300) : 'unknown');
}

/** RFC 6749's form of an error code, shorter. */
export const errorCode = (text: string): string => (/^[a-z][a-z0-9_]{0,63}$/.test(text) ? text : 'an error of another form');
