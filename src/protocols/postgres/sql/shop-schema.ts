/** A small shop, for tests: what may be read, what nobody reads, and what does more than it seems to. */
export const SHOP_SCHEMA = `
  create extension dblink; create extension file_fdw; create extension pgcrypto; create extension adminpack;
  create extension tablefunc; create extension xml2; create extension hstore; create extension postgres_fdw;
  create role clerk; create role paymaster; create role stranger;
  create schema payroll; create schema internal;
  create table customers (
    id int generated always as identity primary key, email text unique, full_name text, country text, ssn text unique, card text, phone text,
    is_admin boolean default false, created_at date default '2024-01-01'
  );
  insert into customers (email, full_name, country, ssn, card) values ('ann@example.test', 'Ann', 'US', '078-05-1120', '4111111111111111');
  create table invoices (id serial primary key, user_id int, amount numeric, status text, note text, created_at timestamp default '2024-01-01');
  insert into invoices (user_id, amount, status, note) values (1, 10, 'paid', 'one'), (1, 20, 'open', 'two');
  create table items (id serial primary key, name text, price numeric);
  create table journal (id serial primary key, who text);
  create table payroll.wages (id int primary key, name text, ssn text);
  create table internal.keys (id serial primary key, k text, v text, tsv tsvector);
  create table shape (id int, val text);
  create table internal.shape_part () inherits (shape);
  create view customer_list as select id, full_name, ssn as ref from customers;
  create view invoice_list as select id, amount from invoices;
  create view flag_list as select k as flag, v as value from internal.keys;
  create view inbox as select id, note from invoices;
  create rule inbox_insert as on insert to inbox do instead delete from invoices where id = new.id;
  create materialized view country_counts as select country, count(*) from customers group by 1;
  create function wipe(i int) returns boolean language plpgsql security definer as $$ begin delete from invoices where user_id = i; return true; end $$;
  create function ssn_of(i int) returns text language sql stable as $$ select ssn from customers where id = i $$;
  create function customer_of(i int) returns customers language sql stable as $$ select * from customers where id = i $$;
  create function with_tax(n numeric) returns numeric language sql immutable as $$ select n * 1.2 $$;
  create function run_text(q text) returns void language plpgsql as $$ begin execute q; end $$;
  create function wipe_op(a int, b int) returns boolean language sql as $$ select wipe(a) $$;
  create operator @!!@ (leftarg = int, rightarg = int, function = wipe_op);
  create procedure archive() language sql as $$ delete from invoices $$;
  create function checks(t text) returns boolean language plpgsql as $$ begin delete from invoices; return true; end $$;
  create domain address as text check (checks(value));
  create function trg() returns trigger language plpgsql as $$ begin return new; end $$;
  create server files foreign data wrapper file_fdw;
  create foreign table hosts (line text) server files options (filename '/etc/hosts');
`;
