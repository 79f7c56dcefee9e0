import type { Subject } from '../core/subject.ts';
import { identityKey } from './identity-claims.ts';

const MAX_SUBJECTS = 10_000;

/** One thing for each subject, as it is with its groups, under one target's settings; who used it longest ago is let go first. */
export class KeptBySubject<Spec extends object, Value> {
  readonly #specs = new WeakMap<Spec, Map<string, Value>>();

  of(spec: Spec, { subject, target }: { readonly subject: Subject; readonly target: string }, make: () => Value): Value {
    const values = this.#specs.get(spec) ?? new Map<string, Value>();
    this.#specs.set(spec, values);
    const key = `${target} ${identityKey(subject)}`;
    const known = values.get(key);
    const value = known ?? make();
    values.delete(key);
    values.set(key, value);
    for (const oldest of values.keys()) {
      if (values.size <= MAX_SUBJECTS) break;
      values.delete(oldest);
    }
    return value;
  }
}
