import { Hono, type Context } from 'hono';
import { SallyportError } from '../../core/error.ts';
import { decodeUtf8, isJsonObject, member, parseJson, type JsonObject } from '../../core/json.ts';
import { parseFilter } from '../../identity/scim/filter.ts';
import { etagOf, MAX_COUNT, type ListQuery, type Stored } from '../../identity/scim/page.ts';
import type { ScimResources } from '../../identity/scim/parts.ts';
import { readOperations } from '../../identity/scim/patch.ts';
import type { Scim } from '../../identity/scim/scim.ts';
import { badRequest } from '../../identity/scim/scim-error.ts';
import { readBytes } from '../body.ts';
import type { ApiDeps } from '../deps.ts';
import { requireProvider, type ScimEnv } from './access.ts';
import { EVERYTHING, groupView, listView, userView, type Wanted } from './presenter.ts';
import { refuseScim, scim } from './refusal.ts';
import { RESOURCE_TYPES, SCHEMAS, SERVICE_PROVIDER_CONFIG } from './schemas.ts';

/** What a provider's SCIM client reaches, below `/scim/v2`. */
export function scimRoutes(deps: Pick<ApiDeps, 'recorder' | 'now' | 'report' | 'url'>, door: Scim): Hono<ScimEnv> {
  const base = `${deps.url}/scim/v2`;
  const app = new Hono<ScimEnv>()
    .onError((error, c) => refuseScim(c, error, deps.report ?? (() => {})))
    .use('*', requireProvider(deps, door.tokens))
    .get('/ServiceProviderConfig', (c) => scim(c, SERVICE_PROVIDER_CONFIG))
    .get('/ResourceTypes', (c) => scim(c, listView({ resources: [...RESOURCE_TYPES], total: RESOURCE_TYPES.length }, 1)))
    .get('/Schemas', (c) => scim(c, { schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'], totalResults: SCHEMAS.length, Resources: SCHEMAS }))
    .get('/ResourceTypes/:id', (c) => one(c, RESOURCE_TYPES))
    .get('/Schemas/:id', (c) => one(c, SCHEMAS));
  resources(app, '/Users', door.users, (stored, wanted) => userView(base, stored, wanted));
  resources(app, '/Groups', door.groups, (stored, wanted) => groupView(base, stored, wanted));
  return app.all('*', () => {
    throw new SallyportError('not_found', 'there is nothing here');
  });
}

function resources<Resource extends Stored>(
  app: Hono<ScimEnv>,
  path: '/Users' | '/Groups',
  kept: ScimResources<Resource>,
  view: (stored: Resource, wanted: Wanted) => JsonObject,
): void {
  const answer = (c: Context<ScimEnv>, stored: Resource, status: 200 | 201 = 200): Response => {
    c.header('etag', etagOf(stored));
    const shown = view(stored, status === 201 ? EVERYTHING : wantedOf(c));
    const location = member(shown['meta'], 'location');
    if (typeof location === 'string') c.header('location', location);
    return scim(c, shown, status);
  };
  const idOf = (c: Context<ScimEnv>): string => c.req.param('id') ?? '';
  const match = (c: Context<ScimEnv>): string | undefined => c.req.header('if-match');

  app.get(path, async (c) => {
    const query = listQuery(c);
    const { resources: found, total } = await kept.list(c.get('provider'), query);
    const wanted = wantedOf(c);
    return scim(c, listView({ resources: found.map((each) => view(each, wanted)), total }, query.startIndex));
  });
  app.post(path, async (c) => answer(c, await kept.create(c.get('provider'), await bodyOf(c)), 201));
  app.get(`${path}/:id`, async (c) => answer(c, await kept.get(c.get('provider'), idOf(c))));
  app.put(`${path}/:id`, async (c) => answer(c, await kept.replace(c.get('provider'), idOf(c), await bodyOf(c), match(c))));
  app.patch(`${path}/:id`, async (c) => answer(c, await kept.patch(c.get('provider'), idOf(c), readOperations(await bodyOf(c)), match(c))));
  app.delete(`${path}/:id`, async (c) => {
    await kept.remove(c.get('provider'), idOf(c), match(c));
    return c.body(null, 204);
  });
}

function one(c: Context<ScimEnv>, all: readonly { readonly id: string }[]): Response {
  const found = all.find(({ id }) => id === c.req.param('id'));
  if (!found) throw new SallyportError('not_found', 'there is nothing here');
  return scim(c, found);
}

/** A group of thousands is one body. */
const MAX_BODY = 2 << 20;

async function bodyOf(c: Context<ScimEnv>): Promise<JsonObject> {
  if (!/^application\/(?:scim\+)?json(?:\s*;.*)?$/i.test(c.req.header('content-type') ?? ''))
    throw badRequest('invalidSyntax', 'the body is not declared as application/scim+json');
  const value = parseJson(decodeUtf8(await readBytes(c.req.raw.body, MAX_BODY)), { depth: 16 });
  if (!isJsonObject(value)) throw badRequest('invalidSyntax', 'the body is not an object');
  return value;
}

function listQuery(c: Context<ScimEnv>): ListQuery {
  const { filter, startIndex, count } = c.req.query();
  return {
    ...(filter === undefined || filter === '' ? {} : { filter: parseFilter(filter) }),
    startIndex: Math.max(1, numberOf(startIndex, 1)),
    count: Math.min(MAX_COUNT, Math.max(0, numberOf(count, 100))),
  };
}

function numberOf(text: string | undefined, otherwise: number): number {
  if (text === undefined || text === '') return otherwise;
  if (!/^-?\d{1,9}$/.test(text)) throw badRequest('invalidValue', 'startIndex and count are whole numbers');
  return Number(text);
}

function wantedOf(c: Context<ScimEnv>): Wanted {
  const names = (text = ''): ReadonlySet<string> =>
    new Set(
      text
        .split(',')
        .map(
          (name) =>
            name
              .trim()
              .replace(/^urn:.*:/i, '')
              .split('.')[0] ?? '',
        )
        .filter((name) => name !== '')
        .map((name) => name.toLowerCase()),
    );
  return { attributes: names(c.req.query('attributes')), excluded: names(c.req.query('excludedAttributes')) };
}
