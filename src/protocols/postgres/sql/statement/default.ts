import type { Node } from 'libpg-query';
import { bodyOf, childrenOf, kindOf, partsOf } from '../tree.ts';
import type { Resolver } from '../resolve/resolver.ts';
import { functionsNamed } from '../resolve/call.ts';

/** Expressions of definitions (defaults, checks, keys of indexes): the functions that they call run now or later. */
export function createExpressions(resolver: Resolver, nodes: readonly Node[]): void {
  for (const node of nodes) {
    const call = bodyOf(node, 'FuncCall');
    if (call) resolver.call(functionsNamed(resolver, partsOf(call.funcname)), [], partsOf(call.funcname).at(-1) ?? '');
    const cast = bodyOf(node, 'TypeCast');
    if (cast) resolver.convert(resolver.type(cast.typeName));
    // Queries in definitions belong to views, which are read as queries.
    if (kindOf(node) !== 'SelectStmt') createExpressions(resolver, [...childrenOf(Object.values(node)[0])]);
  }
}
