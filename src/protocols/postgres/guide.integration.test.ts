/** What docs/postgresql.md shows is a policy under which psql works as the page says. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { startPostgresGateway, type PostgresGateway } from '../../../test/support/postgres-gateway.ts';

const PAGE = join(import.meta.dirname, '../../../docs/postgresql.md');
const SETUP = [
  'create table people (id int primary key, name text, ssn text)',
  `insert into people values (1, 'Ada', '123-45-6789'), (2, 'Bob', '987-65-4321')`,
  'create table orders (id int primary key, person int references people, total numeric check (total > 0))',
  'create view names as select name from people',
];

let gateway: PostgresGateway;

before(async () => {
  gateway = await startPostgresGateway({ policy: await policyOfPage(), setup: SETUP });
});
after(() => gateway?.stop());

async function policyOfPage(): Promise<string> {
  const blocks = (await readFile(PAGE, 'utf8')).matchAll(/^```yaml\n([^]*?)^```$/gm);
  const documents = [...blocks].flatMap(([, text = '']) => text.split('---\n'));
  const policy = documents.find((text) => text.startsWith('kind: Policy'));
  assert.ok(policy, 'the page shows a policy');
  return policy;
}

async function psql(command: string): Promise<string> {
  const { stdout } = await promisify(execFile)('psql', ['-X', '-v', 'ON_ERROR_STOP=1', '-c', command], { env: gateway.env(await gateway.login()) });
  return stdout;
}

test('under the policy of the page psql describes tables, views, indexes, schemas and functions', async () => {
  assert.match(await psql('\\dt'), /orders[^]*people/);
  assert.match(await psql('\\d orders'), /"orders_pkey" PRIMARY KEY[^]*Foreign-key constraints/);
  assert.match(await psql('\\d+ people'), /Referenced by/);
  for (const [command, shown] of Object.entries({ '\\dv': /names/, '\\di': /people_pkey/, '\\dn': /public/, '\\df': /List of functions/ })) {
    assert.match(await psql(command), shown, command);
  }
});

test('under the policy of the page a column is masked, and what no rule names is refused in words that can be copied into one', async () => {
  const people = await psql('select * from people');
  assert.match(people, /Ada/);
  assert.doesNotMatch(people, /\d{3}-\d{2}-\d{4}/);
  await assert.rejects(psql('select query from pg_stat_activity'), /no rule allows read:pg_catalog\.pg_stat_activity on shop/);
  await assert.rejects(psql(`insert into people values (3, 'Eve', '')`), /no rule allows write:insert:public\.people on shop/);
});
