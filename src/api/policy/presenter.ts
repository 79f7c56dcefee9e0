import type { Decision } from '../../core/decision.ts';

export function presentDecision({ effect, rule, reason, risk, masks, policyVersion }: Decision) {
  return { effect, rule, reason, risk, masks, policyVersion };
}
