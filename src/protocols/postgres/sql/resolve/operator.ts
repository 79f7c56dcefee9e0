import { isSystem } from '../catalog/catalog.ts';
import { onlyComputes } from '../known-functions.ts';
import type { Value } from '../value.ts';
import type { Resolver } from './resolver.ts';

/**
 * An operator is a function by another name. Those of the server compute; one that people made is called wherever its
 * name and what is known of its sides allow it.
 */
export function operate(resolver: Resolver, name: readonly string[], left: Value | undefined, right: Value | undefined): readonly Value[] {
  const made = resolver.catalog.operators(name.at(-1) ?? '');
  const schema = name.length > 1 ? name.at(-2) : undefined;
  return made
    .filter((operator) => schema === undefined || operator.schema === schema)
    .filter((operator) => mayBe(resolver, left, operator.left) && mayBe(resolver, right, operator.right))
    .flatMap((operator) => {
      const called = resolver.catalog.functionOf(operator.function);
      if (!called || onlyComputes(called)) return [];
      return [
        resolver.call(
          [called],
          [left, right].filter((value) => value !== undefined),
          called.name,
        ),
      ];
    });
}

/** Whether a value may be given where a type is expected. What is not known may be anything; two known base types have to be alike. */
function mayBe({ catalog }: Resolver, value: Value | undefined, expected: number): boolean {
  if (value === undefined) return expected === 0;
  if (expected === 0) return false;
  if (value.type === undefined || value.type === expected) return true;
  const [have, want] = [catalog.typeOf(value.type), catalog.typeOf(expected)];
  if (!have || !want || want.kind !== 'base' || have.kind !== 'base') return true;
  // A type that people made converts to another only by a cast of theirs, and those of the server among themselves.
  return isSystem(have) && isSystem(want);
}
