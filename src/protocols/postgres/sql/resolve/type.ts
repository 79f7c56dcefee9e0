import type { TypeName } from 'libpg-query';
import { isSystem, type SqlType } from '../catalog/catalog.ts';
import { isTypeExtension } from '../known-functions.ts';
import { partsOf } from '../tree.ts';
import { MAX_DEPTH, runExpression } from './relation.ts';
import type { Resolver } from './resolver.ts';

/** The type that a name means; the element's for an array. */
export function findType({ catalog, namespace }: Resolver, name: TypeName | undefined): SqlType | undefined {
  const [last = '', schema] = partsOf(name?.names).toReversed();
  if (schema !== undefined && name?.pct_type !== true) return catalog.type(schema, last);
  for (const each of ['pg_catalog', ...(namespace.searchPath ?? [])]) {
    const found = catalog.type(each, last);
    if (found) return found;
  }
  return undefined;
}

/** What the server runs when it makes a value of a type: checks of domains, wherever they are in it, and casts that people made. */
export function convert(resolver: Resolver, type: SqlType | undefined): void {
  if (!type || isSystem(type) || resolver.within.length > MAX_DEPTH) return;
  if (isTypeExtension(type.extension)) return;
  for (const check of type.checks ?? []) runExpression(resolver, check);
  for (const cast of resolver.catalog.castsTo(type.oid)) {
    const called = resolver.catalog.functionOf(cast.function);
    if (called && !isSystem(called)) resolver.call([called], [], called.name);
  }
  const inside = resolver.with({ within: [...resolver.within, type.oid] });
  if (resolver.within.includes(type.oid)) return;
  for (const oid of partsOfType(resolver, type)) inside.convert(resolver.catalog.typeOf(oid));
}

function partsOfType({ catalog }: Resolver, { base, element, relation }: SqlType): readonly number[] {
  const columns = relation === 0 ? [] : (catalog.relationOf(relation)?.columns.map(({ type }) => type) ?? []);
  return [base, element, ...columns].filter((oid) => oid !== 0);
}
