import type { Node, WindowDef } from 'libpg-query';
import { bodyOf, partsOf } from '../tree.ts';
import { operate } from './operator.ts';
import type { Resolver } from './resolver.ts';
import type { Scope } from './scope.ts';

/** What rows are ordered by; returns nothing of it, and tells of it. */
export function sortKeys(resolver: Resolver, keys: readonly Node[] | undefined, scope: Scope): void {
  for (const key of keys ?? []) {
    const node = bodyOf(key, 'SortBy')?.node ?? key;
    const value = resolver.expression(node, scope);
    const using = partsOf(bodyOf(key, 'SortBy')?.useOp);
    if (using.length > 0) operate(resolver, using, value, value);
    resolver.findings.use('predicate', value, 'ORDER BY');
  }
}

export function consultWindow(resolver: Resolver, window: WindowDef, scope: Scope): void {
  sortKeys(resolver, window.orderClause, scope);
  for (const node of window.partitionClause ?? []) resolver.findings.use('predicate', resolver.expression(node, scope), 'PARTITION BY');
  for (const node of [window.startOffset, window.endOffset]) if (node) resolver.findings.use('predicate', resolver.expression(node, scope), 'a window frame');
}
