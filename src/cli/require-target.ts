import { SallyportError } from '../core/error.ts';
import type { CompiledTarget } from '../policy/ruleset.ts';
import type { Snapshot } from '../policy/snapshot.ts';

export function requireTarget(snapshot: Snapshot, name: string): CompiledTarget {
  const target = snapshot.compiled(name);
  if (target) return target;
  throw new SallyportError('not_found', `there is no target ${name}`, { hint: `there are: ${snapshot.targets.map((one) => one.name).join(', ')}` });
}
