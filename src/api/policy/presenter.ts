import type { Decision } from '../../core/decision.ts';

/** For the API and for `policy explain`: the same question has the same answer. */
export function presentDecision({
  effect,
  rule,
  reason,
  risk,
  masks,
  policyVersion,
}: Pick<Decision, 'effect' | 'rule' | 'reason' | 'risk' | 'masks' | 'policyVersion'>) {
  return { effect, rule, reason, risk, masks, policyVersion };
}
