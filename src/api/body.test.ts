import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hono } from 'hono';
import { z } from 'zod';
import { isSallyportError } from '../core/error.ts';
import { readQuery } from './body.ts';
import type { ApiEnv } from './deps.ts';

const schema = z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50), name: z.string().min(1).max(8).default('x') });

async function hintOf(query: string): Promise<string | undefined> {
  const app = new Hono<ApiEnv>();
  app.get('/', (c) => c.json(readQuery(c, schema)));
  app.onError((error, c) => c.text(isSallyportError(error) ? (error.hint ?? '') : String(error), 400));
  const response = await app.request(`/?${query}`);
  return response.ok ? undefined : response.text();
}

test('what does not have the expected form is told in words, without the value', async () => {
  assert.equal(await hintOf('limit=5&name=ann'), undefined);
  assert.equal(await hintOf('limit=0'), 'limit: at least 1');
  assert.equal(await hintOf('limit=201'), 'limit: at most 200');
  assert.equal(await hintOf('limit=many'), 'limit: a number is expected');
  assert.equal(await hintOf('name='), 'name: it is empty');
  assert.equal(await hintOf('name=somebody-else&limit=0'), 'limit: at least 1; name: at most 8 characters');
});
