import type { Node } from 'libpg-query';
import type { Resolver } from '../resolve/resolver.ts';
import type { Scope } from '../resolve/scope.ts';
import { bodyOf, kindOf, type Kind } from '../tree.ts';
import type { Field } from '../value.ts';
import { DEFINITIONS } from './define.ts';
import { EXECUTION } from './execute.ts';
import { MAINTENANCE } from './maintain.ts';
import { PRIVILEGES } from './privilege.ts';
import { SESSION } from './session.ts';
import type { StatementHandler, StatementHandlers } from './handler.ts';

const HANDLERS: StatementHandlers = { ...DEFINITIONS, ...EXECUTION, ...MAINTENANCE, ...PRIVILEGES, ...SESSION };

/** Any statement but a query or a write of rows. A kind without a handler is not understood. */
export function runStatement(resolver: Resolver, node: Node, scope: Scope): readonly Field[] {
  const kind = kindOf(node);
  // The tables pair each kind with the handler of its body; the compiler cannot follow that through a lookup.
  const handler = HANDLERS[kind] as StatementHandler<Kind> | undefined;
  const body = bodyOf(node, kind);
  if (!handler || !body) {
    resolver.findings.notUnderstood(`${kind} is not a statement that is known`);
    return [];
  }
  return handler(resolver, body, scope) ?? [];
}
