import type { Decision } from '../../core/decision.ts';
import type { CompiledTarget } from '../../policy/ruleset.ts';
import type { PolicyDocument, RuleDocument } from '../../policy/schema.ts';

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

/** The rules and masks about one target, as they are written: `deny` beats `review` beats `allow`, what no rule names is denied. */
export function presentTargetPolicy({ target, policies }: CompiledTarget) {
  const { name, protocol, labels, owners } = target;
  return { target: name, protocol, labels, owners, policies: policies.map(presentPolicy) };
}

function presentPolicy({ name, rules, masks, breakGlass }: PolicyDocument) {
  return { name, rules: rules.map(presentRule), masks, ...(breakGlass ? { breakGlass } : {}) };
}

function presentRule({ subjects = ['*'], allow = [], review = [], deny = [], ...rule }: RuleDocument) {
  return { ...rule, subjects, allow, review, deny };
}
