import type { CatalogQuery } from '../sql/catalog/read-catalog.ts';

const SERIALS = `
  select coalesce(pg_catalog.json_object_agg(of_relation.oid, of_relation.sequences), '{}')::text from (
    select d.refobjid::int8 as oid, pg_catalog.json_agg(d.objid::int8) as sequences
    from pg_catalog.pg_depend d join pg_catalog.pg_class s on s.oid = d.objid and s.relkind = 'S'
    where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refclassid = d.classid and d.refobjsubid > 0 and d.deptype = 'a'
    group by d.refobjid) of_relation`;

/** Sequences that columns take their values from, by the oid of the relation. Identity columns are not among them: they need no right. */
export async function readSerials(query: CatalogQuery): Promise<ReadonlyMap<number, readonly number[]>> {
  // The statement above builds exactly this.
  const data = JSON.parse(await query(SERIALS)) as Readonly<Record<string, readonly number[]>>;
  return new Map(Object.entries(data).map(([oid, sequences]) => [Number(oid), sequences]));
}
