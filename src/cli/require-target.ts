import { didYouMean } from '../core/closest-name.ts';
import { SallyportError } from '../core/error.ts';
import type { CompiledTarget } from '../policy/ruleset.ts';
import type { Snapshot } from '../policy/snapshot.ts';

export function requireTarget(snapshot: Snapshot, name: string): CompiledTarget {
  const target = snapshot.compiled(name);
  if (target) return target;
  const names = snapshot.targets.map((one) => one.name);
  throw new SallyportError('not_found', `there is no target ${name}`, { hint: `${didYouMean(name, names)}there are: ${names.join(', ')}` });
}
