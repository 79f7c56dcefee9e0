import { SallyportError } from '../../core/error.ts';

/** A reply that signs nobody in. `cause` must hold neither code nor token: it goes to the operator's log. */
export function refused(message: string, options: { readonly hint?: string; readonly cause?: unknown } = {}): SallyportError {
  return new SallyportError('unauthenticated', message, options);
}
