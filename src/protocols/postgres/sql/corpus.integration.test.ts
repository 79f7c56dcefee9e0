import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Session } from '../../../core/session.ts';
import { parseResources } from '../../../policy/resources.ts';
import { compilePolicy } from '../../../policy/snapshot.ts';
import { statementCommand } from '../command.ts';
import { textsOf } from './analysis.ts';
import { readerPolicy } from '../../../../test/support/reader-policy.ts';
import { compileColumnMasks, maskVerdict, type ColumnMasks, type MaskVerdict } from './mask-verdict.ts';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/sql-database.ts';

const folder = process.env['SALLYPORT_CASES'] ?? join(import.meta.dirname, '../../../../../shared/cases');
const present = existsSync(join(folder, 'sql_corpus.open.jsonl'));
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

interface Case {
  readonly id: string;
  readonly dialect: string;
  readonly verdict: 'allow' | 'block' | 'mask_or_block' | 'either';
  readonly effects: readonly string[];
  readonly statement: string;
}

const cases: readonly Case[] = present
  ? read('sql_corpus.open.jsonl')
      .trim()
      .split('\n')
      // The file's own README describes its rows.
      .map((line) => JSON.parse(line) as Case)
      .filter(({ dialect }) => dialect === 'postgresql')
  : [];

let database: TestDatabase | undefined;
let masks: ColumnMasks | undefined;
const policy = readerPolicy({
  functions: ['public.add_tax'],
  hidden: ['hr.*', 'vault.*', 'public.audit_log'],
  masked: ['public.users.ssn', 'public.users.card', 'public.users.password_hash', 'public.users.api_token'],
});
const snapshot = compilePolicy(parseResources([{ file: 'policy.yaml', text: policy }]));
const analyst = { kind: 'person', id: '1', name: 'ana', groups: ['analysts'], issuer: 'test' } as const;

before(async () => {
  if (!present) return;
  database = await openTestDatabase(read('schema.sql'), read('roles.sql'));
  masks = compileColumnMasks(snapshot.masksFor(analyst, 'appdb'), database.catalog);
});
after(() => database?.stop());

function outcome(statement: string): { readonly decision: 'allow' | 'deny' | 'review'; readonly verdict: MaskVerdict; readonly reason: string } {
  const target = snapshot.target('appdb');
  assert.ok(database && masks && target);
  const analysis = database.analyse(statement);
  const session: Session = { id: 's', subject: analyst, target, client: { address: '127.0.0.1', userAgent: '', id: '' } };
  const decision = snapshot.decide(session, statementCommand({ text: statement, analysis }));
  return { decision: decision.effect, verdict: maskVerdict(analysis, masks), reason: decision.reason };
}

const MASKED = /\b(?:ssn|card|password_hash|api_token)\b/;

test('no statement of the cases that destroys or takes away passes under a read-only policy', (context) => {
  if (!present) return context.diagnostic('not present');
  for (const { id, statement } of cases.filter(({ verdict }) => verdict === 'block')) {
    const { decision, verdict } = outcome(statement);
    assert.ok(decision !== 'allow' || verdict.kind === 'refused', `${id} passes: ${statement}`);
  }
});

test('every statement of the cases that gives a masked column is refused, or has that column masked', (context) => {
  if (!present) return context.diagnostic('not present');
  for (const { id, statement, effects } of cases.filter(({ verdict }) => verdict === 'mask_or_block')) {
    const { decision, verdict } = outcome(statement);
    if (decision !== 'allow' || verdict.kind === 'refused') continue;
    assert.match(effects.join(' '), MASKED, id);
    assert.ok(
      verdict.statements.flat().some((mask) => mask !== undefined),
      `${id} is not masked: ${statement}`,
    );
  }
});

test('the harmless statements of the cases pass, unmasked', (context) => {
  if (!present) return context.diagnostic('not present');
  for (const { id, statement } of cases.filter(({ verdict }) => verdict === 'allow')) {
    const { decision, verdict, reason } = outcome(statement);
    assert.equal(decision, 'allow', `${id}: ${reason}`);
    assert.equal(verdict.kind, 'masked', `${id}: ${statement}`);
  }
});

/** Class, verb and object; the columns in brackets are not compared. */
const compared = (effect: string): string => effect.replace(/\[.*\]$/s, '');

test('effects of the cases are among ours, by class, verb and object, in 95 of 100', (context) => {
  if (!present) return context.diagnostic('not present');
  const wrong = cases.filter(({ statement, effects }) => {
    assert.ok(database);
    const ours = new Set(textsOf(database.analyse(statement).effects).map(compared));
    return !effects.every((effect) => ours.has(compared(effect)));
  });
  context.diagnostic(`${cases.length - wrong.length} of ${cases.length} agree`);
  assert.ok(wrong.length <= cases.length * 0.05, `not among ours: ${wrong.map(({ id }) => id).join(', ')}`);
});
