/** Ways to have a masked column come out of a database, for the test that runs them on a real server. */

export interface Way {
  readonly statement: string;
  readonly becomes: 'masked' | 'refused';
  /** It gives the value in a form that the test's markers do not know. */
  readonly hidden?: boolean;
}

export const LINEAGE_SCHEMA = `
  create extension hstore;
  create table people (
    id int primary key, email text not null, ssn text, card text, phone varchar(20),
    ssn_tail text generated always as (right(ssn, 7)) stored
  );
  insert into people (id, email, ssn, card, phone) values
    (1, 'ann@example.test', '536-22-7741', '536-22-7741', '+14155550134'),
    (2, 'bob@example.test', '601-38-1129', '601-38-1129', '+4930901820');
  create table notes (id int generated always as identity, body text);
  insert into notes (body) values ('one'), ('two');
  create view contacts as select id, ssn as reference from people;
  create view contacts_again as select c.reference as label, c.id from contacts c;
  create view labels as select id, email as label from people;
  create view tails as select id, substr(ssn, 1, 6) as head from people;
  create materialized view kept as select id, ssn as kept_value from people;
  create table archive (id int, ssn text, at date) partition by range (at);
  create table archive_2024 partition of archive for values from ('2024-01-01') to ('2025-01-01');
  create table people_heir () inherits (people);
  create function reference_of(i int) returns text language sql stable as $$ select ssn from people where id = i $$;
  create function everybody() returns setof people language sql stable as $$ select * from people $$;
  create function pairs(out a int, out b text) returns setof record language sql stable as $$ select id, ssn from people $$;
  create function atomic_reference(i int) returns text language sql stable begin atomic select p.ssn from public.people p where p.id = i; end;
  create function reference_by_hand(i int) returns text language plpgsql stable as $$
    declare found_one text; begin select ssn into found_one from people where id = i; return found_one; end $$;
  create function reference_by_text(i int) returns text language plpgsql stable as $$
    declare found_one text; begin execute 'select ssn from people where id = $1' into found_one using i; return found_one; end $$;
  create function same(t text) returns text language sql immutable as $$ select t $$;
  create function tell(i int) returns void language plpgsql as $$ begin raise notice '%', (select ssn from people where id = i); end $$;
  create function tell_new() returns trigger language plpgsql as $$ begin raise notice '%', new.ssn; return new; end $$;
  create trigger tells before update on people for each row execute function tell_new();
  analyze;
`;

const masked = (...statements: readonly string[]): readonly Way[] => statements.map((statement) => ({ statement, becomes: 'masked' }));
const maskedOtherwise = (...statements: readonly string[]): readonly Way[] => statements.map((statement) => ({ statement, becomes: 'masked', hidden: true }));
const refused = (...statements: readonly string[]): readonly Way[] => statements.map((statement) => ({ statement, becomes: 'refused' }));
const refusedOtherwise = (...statements: readonly string[]): readonly Way[] => statements.map((statement) => ({ statement, becomes: 'refused', hidden: true }));

const BY_NAME = masked(
  'select ssn from people',
  'select * from people',
  'table people',
  'select p.* from people p',
  'select p.ssn as id, p.id as ssn from people p',
  'select public.people.ssn from public.people',
  'select "ssn" as "Harmless" from "people"',
  'select U&"s\\0073n" from people',
  'select (p).ssn from people p',
  'select (people).* from people',
  'select ssn(p) from people p',
  'select x from (select ssn from people) t(x)',
  'select a from people t(i, e, a)',
  'select c from only people t(i, e, c)',
  'select ssn_tail from people',
);

const THROUGH_QUERIES = masked(
  'with t as (select ssn from people) select * from t',
  'with t(a) as (select ssn from people), u as (select a as b from t) select b from u',
  'with t as materialized (select p from people p) select (t.p).ssn from t',
  'with recursive t(v, n) as (select ssn, 1 from people union all select v, n + 1 from t where n < 3) select v from t',
  "with recursive t(a, b, n) as (select '', ssn, 1 from people union all select b, a, n + 1 from t where n < 3) select a from t",
  'select (select ssn from people where id = 1)',
  'select array(select ssn from people)',
  'select v from people p, lateral (select p.ssn as v) l',
  'select v from people cross join lateral (values (ssn)) l(v)',
  "select ssn from people union all select 'x'",
  "select 'x' union all select ssn from people",
  'select ssn from people union all select ssn from people',
  'select j.ssn from people p join people j on j.id = p.id',
  'select ssn from people p natural join (select id from people) n',
  'select ssn from people p join (select id from people) n using (id)',
  'select p.ssn from notes n left join people p on p.id = n.id',
  'select * from (people p join notes n using (id)) as j',
  'values ((select ssn from people where id = 1), 1)',
  'select distinct on (id) ssn from people order by id',
  'select ssn from people order by id limit 1',
);

const THROUGH_OBJECTS = [
  ...masked(
    'select reference from contacts',
    'select * from contacts',
    'select label from contacts_again',
    'select c from contacts c',
    'select head from tails',
    'select kept_value from kept',
    'table contacts',
    'select reference_of(1)',
    'select * from reference_of(1)',
    'select atomic_reference(1)',
    'select * from everybody()',
    'select (everybody()).*',
    'select ssn from everybody()',
    'select b from pairs()',
    'select (pairs()).b',
    'select reference_by_hand(1)',
  ),
  ...refused('select reference_by_text(1)', 'select same(ssn) from people', 'select upper(same(ssn)) from people'),
];

const MADE = [
  ...masked(
    "select ssn || '' from people",
    "select concat('<', ssn, '>') from people",
    "select concat_ws('|', id, ssn) from people",
    "select format('%s %s', id, ssn) from people",
    'select upper(ssn) from people',
    'select reverse(ssn) from people',
    'select left(ssn, 6) from people',
    'select right(ssn, 7) from people',
    'select substr(ssn, 1, 6) from people',
    'select substring(ssn from 1 for 6) from people',
    'select btrim(ssn) from people',
    "select replace(ssn, '-', '') from people",
    "select translate(ssn, '-', '') from people",
    "select regexp_replace(ssn, '-', '', 'g') from people",
    'select quote_literal(ssn) from people',
    'select md5(ssn) from people',
    "select convert_to(ssn, 'UTF8') from people",
    'select ssn::varchar from people',
    'select cast(ssn as name) from people',
    'select coalesce(ssn, email) from people',
    'select case when id > 0 then ssn end from people',
    'select case id when 1 then ssn else email end from people',
    'select array[ssn, email] from people',
    'select (array[ssn])[1] from people',
    'select row(id, ssn) from people',
    'select (row(id, ssn)).f2 from people',
    'select p from people p',
    'select p::text from people p',
    'select to_json(ssn) from people',
    'select to_jsonb(p) from people p',
    'select row_to_json(p) from people p',
    'select json_build_array(id, ssn) from people',
  ),
  ...maskedOtherwise('select length(ssn), ascii(ssn), strpos(ssn, $$-$$) from people', "select split_part(ssn, '-', 3) from people"),
];

const GATHERED = masked(
  'select max(ssn), min(card) from people',
  'select array_agg(ssn) from people',
  'select array_agg(p) from people p',
  "select string_agg(ssn, ',' order by id) from people",
  'select json_agg(ssn) from people',
  'select jsonb_agg(p) from people p',
  'select max(ssn) filter (where id = 1) from people',
  'select lag(ssn) over (order by id desc) from people',
  'select first_value(ssn) over w from people window w as (order by id)',
  'select id, max(ssn) from people group by id',
);

const WRITTEN = [
  ...masked(
    'update people set id = id where id = 1 returning ssn',
    'delete from people where id = 1 returning *',
    "insert into people(id, email, ssn) values (9, 'x', '536-22-7741') returning ssn",
    'with d as (delete from people returning ssn) select * from d',
    "insert into people(id, email) values (1, 'x') on conflict (id) do update set email = excluded.email returning ssn",
    'update people set ssn = ssn returning ssn',
  ),
  ...refused(
    'update people set email = ssn returning email',
    'update people p set email = q.ssn from people q where q.id = p.id returning p.email',
    'insert into notes(body) select ssn from people returning body',
    'update people set phone = left(ssn, 11) returning phone',
    'with u as (update people set email = ssn returning email) select email from u',
  ),
];

const SEVERAL = masked(
  'declare c cursor for select id, ssn from people; fetch all from c',
  'prepare q as select ssn from people; execute q; deallocate q',
  'prepare r(int) as select ssn from people where id = $1; execute r(1); deallocate r',
  'select 1; select ssn from people',
);

const FAILING = [
  ...refused(
    'select unnest(array[ssn, card]) from people',
    "select regexp_split_to_table(ssn, 'x') from people",
    "select unnest(string_to_array(ssn, 'x')) from people",
    'select (jsonb_each_text(to_jsonb(p))).value from people p',
    "select jsonb_path_query(to_jsonb(p), '$.*') from people p",
    'select (each(hstore(p))).value from people p',
    'select jsonb_object_agg(id, ssn) from people',
    "select encode(ssn::bytea, 'base64') from people",
    'select xmlelement(name x, ssn) from people',
    "select to_jsonb(p) ->> 'ssn' from people p",
    "select nullif(ssn, 'x') from people",
    "select greatest(ssn, '') from people",
    'select distinct ssn from people',
    "select ssn from people union select 'x'",
    'select ssn from people intersect select ssn from people',
    'select ssn, count(*) from people group by ssn',
    'select ssn from people order by ssn',
    'select query_to_xml($$select ssn from people$$, true, false, $$$$)',
    "select table_to_xml('people', true, false, '')",
    'select most_common_vals, histogram_bounds from pg_stats where tablename = $$people$$ and attname = $$ssn$$',
  ),
];

const ASKED = refusedOtherwise(
  "select id from people where ssn like '5%'",
  "select id from people where exists (select 1 from people q where q.ssn > '6')",
  "select count(*) filter (where ssn > '6') from people",
  'select id from people order by ssn',
  'select id from people order by (select max(ssn) from people q where q.id = people.id)',
  'select rank() over (order by ssn) from people',
  'select count(*) from people group by left(ssn, 1)',
  'select p.id from people p join notes n on n.body = p.ssn',
  'select a.id from people a join people_heir b using (ssn)',
  "select id from contacts where reference = '536-22-7741'",
  "select reference_of(1) = '536-22-7741'",
  'select id from people where ssn_tail > $$2$$',
  'select generate_series(1, length(ssn)) from people',
  'select id from people limit (select length(ssn) from people limit 1)',
  'select ssn is null from people',
  "select ssn in ('536-22-7741') from people",
  "select count(distinct id) from people having max(ssn) > '6'",
  'select 1 from people p where p is not null',
  "select id from people where (id, ssn) > (0, '5')",
  "select x.v from people p, json_table(to_jsonb(p), '$.ssn' columns (v text path '$')) x",
);

export const WAYS: readonly Way[] = [
  ...BY_NAME,
  ...THROUGH_QUERIES,
  ...THROUGH_OBJECTS,
  ...MADE,
  ...GATHERED,
  ...WRITTEN,
  ...SEVERAL,
  ...FAILING,
  ...ASKED,
  { statement: 'select ssn from archive', becomes: 'masked', hidden: true },
];
