import { SallyportError } from '../../core/error.ts';

/** A reply of a provider that signs nobody in. The reason is for the record and the operator: it quotes no value of the reply. */
export function refused(reason: string, cause?: unknown): SallyportError {
  return new SallyportError('unauthenticated', reason, { cause });
}
