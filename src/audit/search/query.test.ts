import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fieldWord } from './fields.ts';
import { asFtsMatch, asLookup, asTsquery, searchExpression, type SearchFilter } from './query.ts';

const scope = { viewer: 'me', targets: ['models'] };
const me = fieldWord('viewer', 'me');
const models = fieldWord('target', 'models');
const ask = (filter: SearchFilter) => searchExpression(filter, scope);

test('whatever is asked for, only what the viewer may see is', () => {
  assert.equal(asTsquery(ask({})), `('${me}' | '${models}')`);
  assert.equal(asFtsMatch(ask({})), `("${me}" OR "${models}")`);
  assert.equal(asTsquery(searchExpression({ text: 'x' }, { viewer: 'me', targets: [] })), `('${me}') & 'x'`);
});

test('words have to be there all, beginnings with a star, and those with a minus not', () => {
  const asked = ask({ text: 'Churn-serving roll* -draft -"old version"' });
  assert.equal(asTsquery(asked), `('${me}' | '${models}') & 'churn' & 'serving' & 'roll':* & 'version' & !('draft') & !('old')`);
  assert.equal(asFtsMatch(asked), `((("${me}" OR "${models}") AND "churn" AND "serving" AND "roll"* AND "version") NOT ("draft")) NOT ("old")`);
});

test('no text leaves its place: quotes, operators and field words are only what is between words', () => {
  const hostile = `') | ('x" OR "y § ${me} & ! :* \\ \u0000 NEAR(a b)`;
  const asked = asTsquery(ask({ text: hostile }));
  assert.match(asked, new RegExp(`^\\('${me}' \\| '${models}'\\)( & '[\\p{L}\\p{N}_]+'(:\\*)?)+$`, 'u'));
  assert.match(asFtsMatch(ask({ text: hostile })), new RegExp(`^\\("${me}" OR "${models}"\\)( AND "[\\p{L}\\p{N}_]+"\\*?)+$`, 'u'));
});

test('a text without a word is refused, and one with very many', () => {
  assert.throws(() => ask({ text: '***' }), { code: 'usage' });
  assert.throws(() => ask({ text: 'a '.repeat(33) }), { code: 'usage' });
  assert.throws(() => ask({ command: '*' }), { code: 'usage' });
});

test('what the viewer may see is looked up where that is little, and looked at where it is much', () => {
  const many = { viewer: 'me', targets: ['a', 'b', 'c'] };
  assert.equal(asLookup(searchExpression({ text: 'x -y' }, many)), `'x' & !('y')`);
  assert.equal(asLookup(ask({ text: 'x' })), asTsquery(ask({ text: 'x' })));
  // Without a word to look up there is nothing else.
  assert.equal(asLookup(searchExpression({ text: '-y' }, many)), asTsquery(searchExpression({ text: '-y' }, many)));
});
