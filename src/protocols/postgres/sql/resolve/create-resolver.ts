import type { Node } from 'libpg-query';
import { runStatement } from '../statement/run-statement.ts';
import { bodyOf } from '../tree.ts';
import type { Field } from '../value.ts';
import { call } from './call.ts';
import { expression } from './expression.ts';
import { from } from './from.ts';
import { open, relation } from './relation.ts';
import type { Resolver } from './resolver.ts';
import type { Scope } from './scope.ts';
import { query } from './select.ts';
import { convert, findType } from './type.ts';
import { insert, merge, remove, update } from './write.ts';

type Given = Pick<Resolver, 'catalog' | 'grammar' | 'namespace' | 'findings' | 'parameters' | 'within'>;

/** Puts the parts together: here, and only here, they meet. */
export function createResolver(given: Given): Resolver {
  const resolver: Resolver = {
    ...given,
    query: (statement, scope) => query(resolver, statement, scope),
    statement: (node, scope) => rowsOf(resolver, node, scope),
    expression: (node, scope) => expression(resolver, node, scope),
    from: (node, scope, siblings) => from(resolver, node, scope, siblings),
    relation: (reference) => relation(resolver, reference),
    open: (opened, extent = 'family') => open(resolver, opened, extent),
    call: (functions, args, name) => call(resolver, functions, args, name),
    type: (name) => findType(resolver, name),
    convert: (type) => convert(resolver, type),
    with: (changes) => createResolver({ ...given, ...changes }),
  };
  return resolver;
}

function rowsOf(resolver: Resolver, node: Node, scope: Scope): readonly Field[] {
  const select = bodyOf(node, 'SelectStmt');
  if (select) return query(resolver, select, scope);
  const inserted = bodyOf(node, 'InsertStmt');
  if (inserted) return insert(resolver, inserted, scope);
  const updated = bodyOf(node, 'UpdateStmt');
  if (updated) return update(resolver, updated, scope);
  const deleted = bodyOf(node, 'DeleteStmt');
  if (deleted) return remove(resolver, deleted, scope);
  const merged = bodyOf(node, 'MergeStmt');
  if (merged) return merge(resolver, merged, scope);
  return runStatement(resolver, node, scope);
}
