import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../core/secret.ts';
import type { ScimClient } from './client.ts';
import { createScimTokens } from './tokens.ts';

const client = (name: string): ScimClient => ({ name, issuer: `urn:${name}`, subject: 'userName', group: 'displayName', prefix: '' });
const [ONE, TWO] = ['first-token-0123456789-0123456789-0123', 'second-token-0123456789-0123456789-012'] as const;

test('a token is of the provider whose it is, as its source has it at that moment', async () => {
  let current: string = ONE;
  const tokens = createScimTokens([
    { client: client('one'), secret: () => Promise.resolve(new Secret(current)) },
    { client: client('two'), secret: () => Promise.resolve(new Secret(TWO)) },
  ]);
  assert.deepEqual([(await tokens.find(ONE))?.name, (await tokens.find(TWO))?.name], ['one', 'two']);
  for (const other of ['', ONE.slice(1), `${ONE} `, ONE.toUpperCase(), '[secret]']) assert.equal(await tokens.find(other), undefined, other);
  current = 'rotated-token-0123456789-0123456789-01';
  assert.deepEqual([(await tokens.find(ONE))?.name, (await tokens.find(current))?.name], [undefined, 'one']);
});

test('a token that two providers have, that is short, or that cannot be read opens nothing', async () => {
  const having = (...texts: readonly string[]) =>
    createScimTokens(texts.map((text, n) => ({ client: client(`p${n}`), secret: () => Promise.resolve(new Secret(text)) })));
  assert.equal((await having(ONE, TWO).find(ONE))?.name, 'p0');
  await assert.rejects(having(ONE, ONE).find(ONE), { code: 'config_invalid' });
  await assert.rejects(having('short').find('short'), { code: 'config_invalid', message: /shorter than 32/ });
  const gone = createScimTokens([{ client: client('one'), secret: () => Promise.reject(new Error('no such file')) }]);
  await assert.rejects(gone.find(ONE));
});
