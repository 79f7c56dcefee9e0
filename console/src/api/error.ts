/** What went wrong, in words for the person at the page. `code` is the gateway's, or `unreachable` where there was no answer. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly hint: string | undefined;

  constructor(status: number, code: string, message: string, hint?: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.hint = hint;
  }
}

/** Reads `{error:{code,message,hint?}}`; whatever else comes is named by its status. */
export function errorOfReply(status: number, body: unknown): ApiError {
  const error = isRecord(body) && isRecord(body['error']) ? body['error'] : {};
  const { code, message, hint } = error;
  if (typeof code !== 'string' || typeof message !== 'string')
    return new ApiError(status, 'unexpected', `the gateway answered with status ${status}`, hintOf(status));
  return new ApiError(status, code, message, typeof hint === 'string' ? hint : undefined);
}

export function unreachable(): ApiError {
  return new ApiError(0, 'unreachable', 'the gateway does not answer', 'check that it runs and that you are connected; this page tries again by itself');
}

export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

/** Message and hint of anything that was thrown. */
export function explain(error: unknown): { readonly message: string; readonly hint?: string } {
  if (error instanceof ApiError) return { message: error.message, ...(error.hint ? { hint: error.hint } : {}) };
  return { message: 'this page failed', hint: error instanceof Error ? error.message : String(error) };
}

function hintOf(status: number): string | undefined {
  if (status >= 500) return 'the gateway’s log says why';
  if (status === 429) return 'wait a minute before you try again';
  return undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
