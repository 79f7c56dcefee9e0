import { compileGlob, matchesGlob } from '../core/glob.ts';
import type { PolicyDocument } from './schema.ts';

interface Named {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Whether a policy is about a target: by name, by glob, or by labels, all of which must agree. */
export function selectsTarget(policy: Pick<PolicyDocument, 'targets'>, target: Named): boolean {
  const selectors = Array.isArray(policy.targets) ? policy.targets : [policy.targets];
  return selectors.some((selector) => (typeof selector === 'string' ? matchesGlob(compileGlob(selector), target.name) : hasLabels(target, selector.labels)));
}

function hasLabels(target: Named, labels: Readonly<Record<string, string>>): boolean {
  const wanted = Object.entries(labels);
  return wanted.length > 0 && wanted.every(([key, value]) => Object.hasOwn(target.labels, key) && target.labels[key] === value);
}
