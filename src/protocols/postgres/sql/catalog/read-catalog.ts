import { SallyportError } from '../../../../core/error.ts';
import { Catalog, type CatalogData } from './catalog.ts';

/** Runs one statement on a connection of the gateway's own and gives the first column of its first row, as text. */
export type CatalogQuery = (statement: string) => Promise<string>;

/** Servers whose lexer and grammar read a text as ours does: before 15 `0x1F` was `0 as x1f`. */
const OLDEST_SERVER = 150_000;

/** One snapshot of what names mean in one database. Names in definitions come out qualified, since nothing is on the path. */
export async function readCatalog(query: CatalogQuery): Promise<Catalog> {
  await query(`select pg_catalog.set_config('search_path', 'pg_catalog', false)`);
  // The statement below builds exactly these members.
  const data = JSON.parse(await query(CATALOG)) as CatalogData;
  if (data.server < OLDEST_SERVER)
    throw new SallyportError('upstream_invalid', `the server is older than PostgreSQL 15 (${data.server})`, {
      hint: 'its grammar reads some texts otherwise than the gateway does: upgrade it',
    });
  return new Catalog(data);
}

/** Changes whenever anything does that names or meanings depend on; as cheap as a poll has to be. */
export async function readVersion(query: CatalogQuery): Promise<string> {
  return query(VERSION);
}

const WATCHED = [
  'class',
  'attribute',
  'proc',
  'type',
  'rewrite',
  'trigger',
  'operator',
  'cast',
  'inherits',
  'namespace',
  'constraint',
  'policy',
  'foreign_table',
  'extension',
];

/** A changed row has another `xmin` and another place. */
const VERSION = `select pg_catalog.concat_ws(',', ${WATCHED.map(
  (name) => `(select pg_catalog.sum(pg_catalog.hashtextextended(t.xmin::text || t.ctid::text, 0)) from pg_catalog.pg_${name} t)`,
).join(', ')})`;

const EXTENSION_OF = (table: string, oid: string): string => `(
    select e.extname from pg_depend d join pg_extension e on e.oid = d.refobjid
    where d.classid = '${table}'::regclass and d.objid = ${oid} and d.deptype = 'e' and d.refclassid = 'pg_extension'::regclass limit 1)`;

const RELATIONS = `
  select c.oid::int8 as oid, n.nspname as schema, c.relname as name,
    case c.relkind when 'r' then 'table' when 'p' then 'partitioned' when 'v' then 'view' when 'm' then 'materialized-view'
      when 'f' then 'foreign-table' when 'S' then 'sequence' when 'c' then 'composite' when 't' then 'toast' else 'index' end as kind,
    coalesce((select json_agg(json_strip_nulls(json_build_object('name', a.attname, 'type', a.atttypid::int8,
        'generated', (select pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d where a.attgenerated <> '' and d.adrelid = c.oid and d.adnum = a.attnum)))
        order by a.attnum)
      from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), '[]') as columns,
    case when c.relkind in ('v', 'm') and c.oid >= 16384 then pg_get_viewdef(c.oid) end as definition,
    (select json_agg(i.inhparent::int8) from pg_inherits i where i.inhrelid = c.oid) as parents,
    (select json_agg(json_build_object('event', (array['select', 'update', 'insert', 'delete'])[r.ev_type::text::int], 'definition', pg_get_ruledef(r.oid)))
      from pg_rewrite r where r.ev_class = c.oid and r.rulename <> '_RETURN' and r.oid >= 16384) as rules,
    (select json_agg(t.tgfoid::int8) from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal) as triggers,
    (select json_agg(e) from pg_policy p, lateral unnest(array[pg_get_expr(p.polqual, c.oid), pg_get_expr(p.polwithcheck, c.oid)]) e
      where p.polrelid = c.oid and e is not null) as policies,
    (select json_build_object('wrapper', w.fdwname, 'options', coalesce(to_json(f.ftoptions), '[]'::json))
      from pg_foreign_table f join pg_foreign_server s on s.oid = f.ftserver join pg_foreign_data_wrapper w on w.oid = s.srvfdw
      where f.ftrelid = c.oid) as foreign
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c', 't', 'i', 'I') and not (c.relkind in ('i', 'I') and c.oid < 16384)`;

const FUNCTIONS = `
  select p.oid::int8 as oid, n.nspname as schema, p.proname as name,
    case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' when 'w' then 'window' else 'function' end as kind,
    case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end as volatility,
    p.proretset as "returnsSet",
    coalesce((select json_agg(json_build_object('name', coalesce(names.name, ''), 'type', types.type::int8) order by types.at)
      from unnest(p.proargtypes::oid[]) with ordinality types (type, at)
      left join (select u.name, row_number() over (order by u.at) as at from unnest(p.proargnames) with ordinality u (name, at)
        where p.proargmodes is null or p.proargmodes[u.at] in ('i', 'b', 'v')) names on names.at = types.at), '[]') as parameters,
    p.pronargdefaults as defaults, p.provariadic <> 0 as variadic, p.prorettype::int8 as returns,
    (select json_agg(u.name order by u.at) from unnest(p.proargnames) with ordinality u (name, at) where p.proargmodes[u.at] in ('o', 'b', 't')) as outputs,
    l.lanname as language,
    case when p.oid >= 16384 and l.lanname in ('sql', 'plpgsql') then coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) end as source,
    (select substr(s, 13) from unnest(p.proconfig) s where s like 'search\\_path=%' limit 1) as "searchPath",
    case when p.oid >= 16384 then ${EXTENSION_OF('pg_proc', 'p.oid')} end as extension
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang`;

const OPERATORS = `
  select n.nspname as schema, o.oprname as name, o.oprleft::int8 as left, o.oprright::int8 as right, o.oprcode::oid::int8 as function
  from pg_operator o join pg_namespace n on n.oid = o.oprnamespace where o.oid >= 16384`;

const TYPES = `
  select t.oid::int8 as oid, n.nspname as schema, t.typname as name,
    case t.typtype when 'c' then 'composite' when 'd' then 'domain' when 'e' then 'enum' when 'p' then 'pseudo' when 'r' then 'range'
      when 'm' then 'multirange' else 'base' end as kind,
    case when t.typcategory = 'A' then t.typelem::int8 else 0 end as element, t.typrelid::int8 as relation, t.typbasetype::int8 as base,
    (select json_agg(pg_get_expr(k.conbin, 0)) from pg_constraint k where k.contypid = t.oid and k.conbin is not null) as checks,
    case when t.oid >= 16384 then ${EXTENSION_OF('pg_type', 't.oid')} end as extension
  from pg_type t join pg_namespace n on n.oid = t.typnamespace`;

const CASTS = `
  select c.castsource::int8 as source, c.casttarget::int8 as target, c.castfunc::int8 as function
  from pg_cast c where c.oid >= 16384 and c.castfunc <> 0`;

const rows = (select: string): string => `coalesce((select json_agg(json_strip_nulls(row_to_json(r))) from (${select}) r), '[]')`;

const CATALOG = `select json_build_object(
  'server', current_setting('server_version_num')::int,
  'database', current_database(),
  'schemas', (select json_agg(nspname) from pg_namespace),
  'relations', ${rows(RELATIONS)},
  'functions', ${rows(FUNCTIONS)},
  'operators', ${rows(OPERATORS)},
  'types', ${rows(TYPES)},
  'casts', ${rows(CASTS)})::text`;
