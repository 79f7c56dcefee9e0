import type { Approval } from '../core/approval.ts';
import type { Addressees } from './settings.ts';

/** Addresses of those who may answer, or who have to know; each once. */
export function addresseesOf(to: Addressees, { decision, window }: Pick<Approval, 'decision' | 'window'>): readonly string[] {
  const told = [...(window?.breakGlass?.owners ?? []), ...(window?.breakGlass?.review ?? [])];
  const asked = decision.approvals.flatMap(({ from }) => from);
  return [...new Set(['*', ...asked, ...told].flatMap((who) => (Object.hasOwn(to, who) ? (to[who] ?? []) : [])))];
}
