/** The SCIM API of two providers over a listening server, on real storage and directory. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import assert from 'node:assert/strict';
import { getRequestListener } from '@hono/node-server';
import type { Event } from '../../core/event.ts';
import { Secret } from '../../core/secret.ts';
import { openDirectory, type Directory } from '../../identity/directory.ts';
import type { ScimClient } from '../../identity/scim/client.ts';
import { createScim } from '../../identity/scim/scim.ts';
import { openStorage } from '../../storage/storage.ts';
import { scimRoutes } from './route.ts';

export const CORP: ScimClient = { name: 'corp', issuer: 'https://idp.example', subject: 'externalId', group: 'displayName', prefix: '' };
export const OTHER: ScimClient = { name: 'other', issuer: 'urn:other', subject: 'userName', group: 'displayName', prefix: 'other:' };
export const CORP_TOKEN = 'scim-canary-of-corp-0123456789-abcdefghij';
export const OTHER_TOKEN = 'scim-canary-of-other-0123456789-abcdefghi';

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: ScimJson;
}

/** Whatever a reply may have. The shape is the specification's; a test that reads what is not there fails by itself. */
interface ScimJson {
  readonly id: string;
  readonly name: string;
  readonly schemas: readonly string[];
  readonly active: boolean;
  readonly displayName: string;
  readonly members: readonly { readonly value: string }[];
  readonly groups: readonly unknown[];
  readonly totalResults: number;
  readonly startIndex: number;
  readonly itemsPerPage: number;
  readonly Resources: readonly ScimJson[];
}

interface Call {
  readonly method?: string;
  readonly body?: unknown;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Site {
  readonly directory: Directory;
  readonly events: readonly Event[];
  call(path: string, options?: Call): Promise<Reply>;
  /** A user of corp, by its SCIM id. */
  user(name: string, more?: object): Promise<string>;
  group(name: string, ...members: readonly string[]): Promise<string>;
  /** As tokens are looked at: from memory. */
  standing(id: string, issuer?: string): unknown;
  failNext(): void;
}

export async function withSite(url: string, work: (site: Site) => Promise<void>): Promise<void> {
  const storage = await openStorage({ url });
  const events: Event[] = [];
  let failing = false;
  const recorder = {
    async append(event: Event) {
      if (failing && event.kind !== 'token.refused') throw new Error('the disk is full');
      events.push(event);
    },
  };
  const directory = await openDirectory({ storage, recorder });
  const accesses = [
    { client: CORP, secret: () => Promise.resolve(new Secret(CORP_TOKEN)) },
    { client: OTHER, secret: () => Promise.resolve(new Secret(OTHER_TOKEN)) },
  ];
  const scim = createScim({ storage, directory, recorder, accesses });
  const app = scimRoutes({ recorder, url: 'https://gateway.example' }, scim);
  const server = createServer(getRequestListener(app.fetch));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A listening TCP server has one.
  const { port } = server.address() as AddressInfo;

  const call: Site['call'] = async (path, { method = 'GET', body, token = CORP_TOKEN, headers = {} } = {}) => {
    const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
    const reply = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json', ...headers },
      ...sent,
    });
    const text = await reply.text();
    return { status: reply.status, headers: reply.headers, text, json: JSON.parse(text === '' ? '{}' : text) as ScimJson };
  };
  const created = async (path: string, body: object): Promise<string> => {
    const { status, text, json } = await call(path, { method: 'POST', body });
    assert.equal(status, 201, text);
    return json.id;
  };
  try {
    await work({
      directory,
      events,
      call,
      user: (name, more = {}) =>
        created('/Users', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: `${name}@example.com`, externalId: `x-${name}`, ...more }),
      group: (name, ...members) => created('/Groups', { displayName: name, members: members.map((value) => ({ value })) }),
      standing: (id, issuer = CORP.issuer) => directory.standing({ kind: 'person', issuer, id, name: 'as issued', groups: ['as issued'] }, Date.now() + 60_000),
      failNext: () => void (failing = true),
    });
  } finally {
    server.close();
    server.closeAllConnections();
    await directory.close();
    await storage.close();
  }
}

export const patch = (...Operations: readonly object[]) => ({
  method: 'PATCH',
  body: { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations },
});
