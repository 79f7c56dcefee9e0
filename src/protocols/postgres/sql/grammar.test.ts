import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Grammar, MAX_TEXT_BYTES } from './grammar.ts';
import { kindOf } from './tree.ts';

const grammar = await Grammar.load();

function kinds(text: string): readonly string[] | string {
  const reading = grammar.parse(text);
  return reading.kind === 'statements' ? reading.statements.map(({ stmt }) => (stmt ? kindOf(stmt) : '')) : reading.reason;
}

test('a text is the statements that the server reads in it, however they are written', () => {
  assert.deepEqual(kinds(`select '\\' ; drop table a; --'`), ['SelectStmt', 'DropStmt']);
  assert.deepEqual(kinds(`select E'\\' ; drop table a; --'`), ['SelectStmt']);
  assert.deepEqual(kinds(`select $$'$$ ; drop table a; --'`), ['SelectStmt', 'DropStmt']);
  assert.deepEqual(kinds(`/* /* */ drop table a; */ select 1`), ['SelectStmt']);
  assert.deepEqual(kinds(`delete from U&"!006Frders" uescape '!'`), ['DeleteStmt']);
  assert.deepEqual(kinds(' ;; -- nothing\n'), []);
});

test('what the server could not read is not read', () => {
  assert.match(String(kinds('dr/**/op table a')), /syntax error/);
  assert.match(String(kinds('select 1\0; drop table a')), /NUL/);
  assert.match(String(kinds('select \ud800')), /well-formed/);
  assert.match(String(kinds('do it')), /syntax error/);
});

test('the length is looked at before the text is parsed', () => {
  assert.deepEqual(kinds(`select '${'x'.repeat(MAX_TEXT_BYTES - 20)}'`), ['SelectStmt']);
  assert.match(String(kinds(`select '${'é'.repeat(MAX_TEXT_BYTES / 2)}'`)), /longer than/);
});

test('a text that is nested too deeply is refused, and the texts after it are read as before', async () => {
  const before = grammar.parse('select a from b where c');
  for (const bomb of [
    '('.repeat(60_000),
    `select ${'('.repeat(60_000)}1${')'.repeat(60_000)}`,
    `select ${'- '.repeat(60_000)}1`,
    `select ${'a.b||'.repeat(20_000)}c`,
  ]) {
    await grammar.ready();
    const reading = grammar.parse(bomb);
    assert.ok(reading.kind === 'unparsed' || reading.statements.length === 1);
  }
  await grammar.ready();
  assert.deepEqual(grammar.parse('select a from b where c'), before);
});

test('a body in PL/pgSQL is read by its own grammar', () => {
  const body = JSON.stringify(grammar.parseFunction(`create function f() returns void language plpgsql as $$begin delete from a; end$$`));
  assert.match(body, /delete from a/);
  assert.equal(grammar.parseFunction(`create function f() returns void language plpgsql as $$begin delete$$`), undefined);
});
