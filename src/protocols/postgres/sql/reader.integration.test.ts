import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import type { Decision } from '../../../core/decision.ts';
import { parseResources } from '../../../policy/resources.ts';
import { compilePolicy } from '../../../policy/snapshot.ts';
import { readerPolicy } from '../../../../test/support/reader-policy.ts';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/sql-database.ts';
import { statementCommand } from '../command.ts';
import type { Analysis } from './analysis.ts';
import { ALLOWED } from './cases-allowed.ts';
import { REFUSED } from './cases-refused.ts';
import { compileColumnMasks, maskVerdict, type ColumnMasks, type MaskVerdict } from './mask-verdict.ts';
import { SHOP_SCHEMA } from './shop-schema.ts';

const policy = readerPolicy({
  functions: ['public.with_tax'],
  hidden: ['payroll.*', 'internal.*', 'public.journal'],
  masked: ['customers.ssn', 'customers.card'],
});
const snapshot = compilePolicy(parseResources([{ file: 'policy.yaml', text: policy }]));
const reader = { kind: 'person', id: '1', name: 'ann', groups: ['analysts'], issuer: 'test' } as const;

let database: TestDatabase;
let masks: ColumnMasks;

before(async () => {
  database = await openTestDatabase(SHOP_SCHEMA);
  masks = compileColumnMasks(snapshot.masksFor(reader, 'appdb'), database.catalog);
});
after(() => database.stop());

interface Outcome {
  readonly analysis: Analysis;
  readonly decision: Decision;
  readonly verdict: MaskVerdict;
}

function decide(text: string): Outcome {
  const target = snapshot.target('appdb');
  assert.ok(target);
  const analysis = database.analyse(text);
  const client = { address: '127.0.0.1', userAgent: '', id: '' };
  return {
    analysis,
    decision: snapshot.decide({ id: 's', subject: reader, target, client }, statementCommand({ text, analysis })),
    verdict: maskVerdict(analysis, masks),
  };
}

test('whatever writes, reaches out, becomes somebody or asks for a masked column is refused to who may read', () => {
  const passed = REFUSED.filter((text) => {
    const { decision, verdict } = decide(text);
    return decision.effect === 'allow' && verdict.kind === 'masked';
  });
  assert.deepEqual(passed, []);
});

test('who may read reads: queries, plans, cursors, prepared statements, harmless settings, the schema', () => {
  const refused = ALLOWED.flatMap((text) => {
    const { decision, verdict } = decide(text);
    if (decision.effect !== 'allow') return [`${text}: ${decision.reason}`];
    if (verdict.kind === 'refused') return [`${text}: ${verdict.reason}`];
    return verdict.statements.flat().some((mask) => mask !== undefined) ? [`${text}: masked`] : [];
  });
  assert.deepEqual(refused, []);
});

/** Names of the columns of each result, as the server gives them; undefined where it does not run in this test's transaction. */
async function columnsFrom(text: string): Promise<readonly (readonly string[])[] | undefined> {
  await database.client.query('begin');
  try {
    const answer: unknown = await database.client.query(text);
    const results = (Array.isArray(answer) ? answer : [answer]) as readonly { readonly fields: readonly { readonly name: string }[] }[];
    return results.map(({ fields }) => fields.map(({ name }) => name));
  } catch {
    return undefined;
  } finally {
    await database.client.query('rollback');
  }
}

test('the columns that are foreseen are those that the server gives', async () => {
  let compared = 0;
  // `pg` has no way to take what COPY gives.
  for (const text of ALLOWED.filter((each) => !/^copy/i.test(each))) {
    const given = await columnsFrom(text);
    const { statements } = database.analyse(text);
    if (!given || statements.length === 0) continue;
    assert.deepEqual(
      statements.map(({ columns }) => columns.length),
      given.map(({ length }) => length),
      text,
    );
    compared += 1;
  }
  assert.ok(compared > 100, `${compared} compared`);
});

/** What psql asks of the catalog for its `\d` commands; `-E` makes it say so. */
async function asked(command: string): Promise<readonly string[]> {
  const { host } = database.client;
  const run = promisify(execFile)('psql', ['-X', '-E', '-h', host, '-U', 'sallyport', '-d', 'appdb', '-c', command]);
  // Where there is nothing to list psql ends with an error, having said what it asked.
  const { stdout } = await run.catch((error: { readonly stdout: string }) => error);
  return [...stdout.matchAll(/\*{9} QUERY \*{10}\n([\s\S]*?)\n\*{26}/g)].map(([, text]) => text ?? '');
}

const DESCRIBES = [
  '\\d',
  '\\dt',
  '\\dv',
  '\\di',
  '\\ds',
  '\\dm',
  '\\d customers',
  '\\d+ invoices',
  '\\d+ invoice_list',
  '\\d hosts',
  '\\df',
  '\\dn+',
  '\\l',
  '\\du',
  '\\dT+',
  '\\dp',
  '\\dx',
  '\\dy',
];

test('psql can describe what there is', async () => {
  let queries = 0;
  for (const command of DESCRIBES) {
    for (const text of await asked(command)) {
      const { analysis, decision, verdict } = decide(text);
      assert.equal(analysis.unknown, undefined, `${command}: ${text}`);
      assert.equal(decision.effect, 'allow', `${command}: ${decision.reason}`);
      assert.equal(verdict.kind, 'masked', command);
      queries += 1;
    }
  }
  assert.ok(queries > 30, `${queries} queries`);
});
