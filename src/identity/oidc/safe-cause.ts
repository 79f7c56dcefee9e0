import { AuthorizationResponseError, ClientError, ResponseBodyError } from 'openid-client';
import { isSallyportError, type SallyportError } from '../../core/error.ts';

/**
 * What an operator may read of an error of the library: its own texts are fixed, but its causes carry whole replies, with codes and
 * tokens in them. Of those only the provider's error code is taken over.
 */
export function safeCause(error: unknown): Error {
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) return new Error(`${error.message}: ${errorCode(error.error)}`);
  if (error instanceof ClientError) return new Error(error.code === undefined ? error.message : `${error.message} (${error.code})`);
  return new Error('the library failed on the reply');
}

/** An error of our own network, which the library wraps in one of its own. */
export function ownError(error: unknown, depth = 0): SallyportError | undefined {
  if (isSallyportError(error)) return error;
  return error instanceof Error && depth < 4 ? ownError(error.cause, depth + 1) : undefined;
}

/** RFC 6749's form of an error code, shorter. */
export const errorCode = (text: string): string => (/^[a-z][a-z0-9_]{0,63}$/.test(text) ? text : 'an error of another form');
