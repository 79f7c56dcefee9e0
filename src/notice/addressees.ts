import type { Approval } from '../core/approval.ts';
import type { Addressees } from './settings.ts';

/** Who may answer, or has to know. */
export function concernedBy({ decision, window }: Pick<Approval, 'decision' | 'window'>): readonly string[] {
  const told = [...(window?.breakGlass?.owners ?? []), ...(window?.breakGlass?.review ?? [])];
  return [...told, ...decision.approvals.flatMap(({ from }) => from)];
}

/** Addresses of these, and of those who get everything; each once. */
export function addressesOf(to: Addressees, who: readonly string[]): readonly string[] {
  return [...new Set(['*', ...who].flatMap((one) => (Object.hasOwn(to, one) ? (to[one] ?? []) : [])))];
}
