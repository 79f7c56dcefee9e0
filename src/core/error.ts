/** Stable codes. A caller may switch on them; the meaning of one never changes. */
export type ErrorCode =
  | 'config_invalid'
  | 'resources_invalid'
  | 'json_invalid'
  | 'json_ambiguous'
  | 'limit_exceeded'
  | 'unauthenticated'
  | 'not_found'
  | 'forbidden'
  | 'conflict'
  | 'denied'
  | 'record_failed'
  | 'masking_failed'
  | 'credential_missing'
  | 'not_connected'
  | 'upstream_unreachable'
  | 'upstream_timeout'
  | 'upstream_invalid'
  | 'storage_failed'
  | 'verify_failed'
  | 'usage'
  | 'internal';

export interface ErrorOptions {
  readonly hint?: string;
  /** A page where whoever asked can mend it. */
  readonly link?: string;
  readonly cause?: unknown;
}

/**
 * The one error class. `message` and `hint` are written for the caller: lower case, no full stop, no secret;
 * `cause` is for the operator only.
 */
export class SallyportError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly link: string | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'SallyportError';
    this.code = code;
    this.hint = options.hint;
    this.link = options.link;
  }
}

export function isSallyportError(error: unknown, code?: ErrorCode): error is SallyportError {
  return error instanceof SallyportError && (code === undefined || error.code === code);
}

/** What an operator's log says of an error: its message and its causes, never a stack of secrets. */
export function explainError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${explainError(error.cause)}`;
}
