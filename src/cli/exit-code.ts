import { isSallyportError, type ErrorCode } from '../core/error.ts';

/** What a script may switch on; `sallyport --help` prints the meanings. */
export const EXIT = { ok: 0, refused: 1, usage: 2, unreachable: 3, signedOut: 4, unverified: 5 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_MEANINGS: Readonly<Record<ExitCode, string>> = {
  0: 'it worked',
  1: 'it was refused, or it failed',
  2: 'the command was not understood',
  3: 'the gateway cannot be reached',
  4: 'you are not signed in',
  5: 'the record is not what was signed',
};

const BY_CODE: Partial<Record<ErrorCode, ExitCode>> = {
  usage: EXIT.usage,
  upstream_unreachable: EXIT.unreachable,
  upstream_timeout: EXIT.unreachable,
  unauthenticated: EXIT.signedOut,
  verify_failed: EXIT.unverified,
};

export function exitCodeOf(error: unknown): ExitCode {
  return isSallyportError(error) ? (BY_CODE[error.code] ?? EXIT.refused) : EXIT.refused;
}
