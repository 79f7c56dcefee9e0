import { nameOf } from '../catalog/catalog.ts';
import { detail } from '../effect.ts';
import { consequences } from '../resolve/write.ts';
import type { Resolver } from '../resolve/resolver.ts';
import { bodyOf } from '../tree.ts';
import { isOff, optionOf, type StatementHandlers } from './handler.ts';
import { membersBeside } from '../resolve/relation.ts';

/** Statements about how the server keeps what it keeps. */
export const MAINTENANCE: StatementHandlers = {
  VacuumStmt: (resolver, { rels = [], is_vacuumcmd, options }) => {
    const verb = is_vacuumcmd ? 'vacuum' : 'analyze';
    const relations = rels.flatMap((node) => bodyOf(node, 'VacuumRelation')?.relation ?? []);
    if (relations.length === 0 || verb === 'analyze') resolver.findings.effect(`admin:${verb}`);
    for (const reference of relations) onRelation(resolver, verb, resolver.relation(reference));
    if (is_vacuumcmd && !isOff(optionOf(options, 'analyze'))) resolver.findings.effect('admin:analyze');
  },
  ClusterStmt: (resolver, { relation: reference }) => {
    resolver.findings.effect('admin:cluster');
    if (reference) onRelation(resolver, 'cluster', resolver.relation(reference));
  },
  ReindexStmt: (resolver, { relation: reference, kind, name }) => {
    resolver.findings.effect('admin:reindex');
    if (reference) onRelation(resolver, 'reindex', resolver.relation(reference));
    else resolver.findings.effect(`admin:reindex:${detail(name ?? kind ?? '')}`);
  },
  CheckPointStmt: ({ findings }) => findings.effect('admin:checkpoint'),
  AlterSystemStmt: ({ findings }) => findings.effect('admin:alter-system'),
  RefreshMatViewStmt: (resolver, { relation: reference }) => {
    const view = reference && resolver.relation(reference);
    if (!view) return;
    resolver.findings.effect(`ddl:refresh:${detail(nameOf(view))}`);
    resolver.open(view);
  },
  TruncateStmt: (resolver, { relations = [] }) => {
    for (const node of relations) {
      const reference = bodyOf(node, 'RangeVar');
      const relation = reference && resolver.relation(reference);
      if (!relation) continue;
      for (const member of [relation, ...membersBeside(resolver, relation)]) resolver.findings.write('truncate', member);
      consequences(resolver, 'truncate', relation);
    }
  },
};

function onRelation({ findings }: Resolver, verb: string, relation: ReturnType<Resolver['relation']>): void {
  if (relation) findings.effect(`admin:${verb}:${detail(nameOf(relation))}`);
}
