import { SallyportError } from '../../core/error.ts';

/** Said where a signature is the reason: the one refusal that other certificates of the provider could change. */
export const UNVERIFIED = 'a signature does not verify with any certificate of the provider';

/** A reply of a provider that signs nobody in. The reason is for the record and the operator: it quotes no value of the reply. */
export function refused(reason: string, cause?: unknown): SallyportError {
  return new SallyportError('unauthenticated', reason, { cause });
}
