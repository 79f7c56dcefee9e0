import type { IntoClause } from 'libpg-query';
import { detail } from '../effect.ts';
import { partsOf } from '../tree.ts';
import { BLANK, rowValue, type Field } from '../value.ts';
import { creationSchema } from './relation.ts';
import { renamed } from './from.ts';
import type { Resolver } from './resolver.ts';

/** SELECT INTO, CREATE TABLE AS: what a query gives is kept, where no mask knows it. */
export function stored(resolver: Resolver, { rel, colNames, skipData, onCommit }: IntoClause, fields: readonly Field[], kind = 'table'): void {
  const { findings, namespace } = resolver;
  const temporary = rel?.relpersistence === 't' || rel?.schemaname === 'pg_temp';
  const schema = temporary ? 'pg_temp' : (rel?.schemaname ?? creationSchema(namespace));
  const name = rel?.relname ?? '';
  findings.effect(`ddl:create:${kind}:${detail(`${schema}.${name}`)}`);
  if (!skipData) findings.use('storage', rowValue(fields), 'a table that is made of it');
  if (!temporary) return void findings.changes.push({ kind: 'schema' });
  const columns = renamed(fields, partsOf(colNames)).map((field) => ({ name: field.name, type: field.value.type ?? BLANK.type ?? 0 }));
  const until = rel?.relpersistence === 't' && onCommit === 'ONCOMMIT_DROP' ? 'transaction' : 'session';
  findings.changes.push({ kind: 'temporary', until, relation: { oid: temporaryOid(name), schema, name, kind: 'table', columns } });
}

/** Temporary relations have no oid here; negative ones never meet those of the catalog. */
export function temporaryOid(name: string): number {
  let sum = 7;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 2_000_000_011;
  return -1 - sum;
}
