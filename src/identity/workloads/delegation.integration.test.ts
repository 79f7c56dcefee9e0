import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Subject } from '../../core/subject.ts';
import { createAuthenticator } from '../authenticate.ts';
import { mintToken } from '../mint.ts';
import { isAuthenticated } from '../outcome.ts';
import { openSigningKeys, type SigningKeys } from '../signing-keys.ts';
import { signTestToken, startTestIssuer, testKey, type TestIssuer, type TestKey } from '../test-issuer.ts';
import { createDelegation, type Delegated } from './delegation.ts';
import { GATEWAY } from './fixtures.ts';
import { isRefusal } from './grant-refusal.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
let folder: string;
let keys: SigningKeys;
let issuer: TestIssuer;
let issuerKey: TestKey;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-delegation-'));
  keys = await openSigningKeys(folder);
  issuerKey = await testKey('ec', 'ES256');
  issuer = await startTestIssuer([issuerKey]);
});
after(async () => {
  await issuer.close();
  await rm(folder, { recursive: true });
});

const ann: Subject = { kind: 'person', id: 'ann', name: 'ann', groups: ['data-science'], issuer: 'local' };
const bob: Subject = { ...ann, id: 'bob', name: 'bob', groups: ['finance'] };
const helper: Subject = { kind: 'ai-agent', id: 'helper', name: 'helper', groups: ['agents'], issuer: GATEWAY };
const ACTORS = [{ issuer: GATEWAY, id: 'helper', actsFor: ['group:data-science', 'person:carol'] }];

interface Mint {
  readonly target?: string;
  readonly ttlMs?: number;
  readonly through?: readonly string[];
  readonly scope?: string;
}
async function token(subject: Subject, { target = 'models', ttlMs = 600_000, through = [], scope }: Mint = {}): Promise<string> {
  return (await mintToken({ keys, subject, target, url: GATEWAY, ttlMs, clientId: '', through, scope, now: NOW })).token;
}

interface World {
  readonly ended?: readonly string[];
  readonly target?: string;
}
async function exchange(subject: string, actor: string, { ended = [], target = 'models' }: World = {}) {
  const standing = ({ subject: one }: { readonly subject: Subject }) => (ended.includes(one.name) ? ('ended' as const) : one);
  const issuers = [{ issuer: issuer.url, audience: GATEWAY, claims: { id: 'sub', name: 'name', groups: 'groups' }, kind: 'ai-agent' as const }];
  const authenticator = createAuthenticator({ issuers, own: keys, url: GATEWAY, standing, now: () => NOW });
  const actors = [...ACTORS, { issuer: issuer.url, actsFor: ['person:ann'] }];
  return createDelegation({ authenticator, actors })({ subject, actor }, target);
}

const done = (result: Awaited<ReturnType<typeof exchange>>): Delegated => {
  assert.ok(!isRefusal(result), isRefusal(result) ? result.reason : '');
  return result;
};
async function refused(result: ReturnType<typeof exchange>, why: RegExp): Promise<void> {
  const found = await result;
  assert.ok(isRefusal(found));
  assert.match(found.reason, why);
}

test('a person’s token and the agent’s own make the agent for that person, until the earlier end, through what both came through', async () => {
  const person = await token(ann, { ttlMs: 120_000, through: ['sign-in'] });
  const agent = await token(helper, { through: ['grant', 'sign-in'] });
  assert.deepEqual(done(await exchange(person, agent)), {
    subject: { ...helper, onBehalfOf: ann },
    expiresAt: NOW + 120_000,
    through: ['sign-in', 'grant'],
  });
});

test('a narrow token makes no wider one', async () => {
  const [read, all] = ['mcp:read', 'mcp:read mcp:write'];
  const scopeOf = async (person: string | undefined, agent: string | undefined): Promise<string | undefined> =>
    done(await exchange(await token(ann, person ? { scope: person } : {}), await token(helper, agent ? { scope: agent } : {}))).scope;
  assert.equal(await scopeOf(undefined, undefined), undefined);
  assert.equal(await scopeOf(read, undefined), read);
  assert.equal(await scopeOf(all, read), read);
  assert.equal(await scopeOf(all, all), all);
  assert.equal(await scopeOf(read, 'mcp:write'), '');
});

test('what is issued for both says so, and is both when it is used', async () => {
  const { subject } = done(await exchange(await token(ann), await token(helper)));
  const authenticator = createAuthenticator({ issuers: [], own: keys, url: GATEWAY, now: () => NOW });
  const used = await authenticator.authenticate(`Bearer ${await token(subject)}`, 'models');
  assert.ok(isAuthenticated(used));
  assert.deepEqual(used.subject, { ...helper, onBehalfOf: ann });
});

test('an agent with a token of another issuer acts for whom the issuer’s agents may', async () => {
  const claims = { iss: issuer.url, aud: GATEWAY, sub: 'w', name: 'writer', groups: [], iat: NOW / 1000, exp: NOW / 1000 + 300 };
  const writer = await signTestToken({ key: issuerKey, claims });
  const { subject } = done(await exchange(await token(ann), writer));
  assert.deepEqual([subject.name, subject.issuer, subject.onBehalfOf?.name], ['writer', issuer.url, 'ann']);
  await refused(exchange(await token(bob), writer), /may not act for this person/);
  // The same id at another issuer is another agent.
  const impostor = await signTestToken({ key: issuerKey, claims: { ...claims, sub: 'helper', name: 'helper' } });
  await refused(exchange(await token({ ...ann, name: 'dora', id: 'dora' }), impostor), /may not act/);
});

test('an agent acts for nobody who has not allowed it', async () => {
  done(await exchange(await token(ann), await token(helper)));
  done(await exchange(await token({ ...bob, name: 'carol' }), await token(helper)));
  await refused(exchange(await token(bob), await token(helper)), /may not act for this person/);
  await refused(exchange(await token({ ...ann, groups: [] }), await token(helper)), /may not act for this person/);
  await refused(exchange(await token(ann), await token({ ...helper, id: 'other' })), /may not act for this person/);
});

test('only an AI agent acts, and only for a person', async () => {
  const workload: Subject = { ...helper, kind: 'workload' };
  await refused(exchange(await token(ann), await token(bob)), /not an AI agent/);
  await refused(exchange(await token(ann), await token(workload)), /not an AI agent/);
  await refused(exchange(await token(workload), await token(helper)), /not a person/);
  await refused(exchange(await token(helper), await token(helper)), /not a person/);
});

test('who already acts for another does not act again', async () => {
  const both = { ...helper, onBehalfOf: ann };
  await refused(exchange(await token(both), await token(helper)), /not exchanged again/);
  await refused(exchange(await token(ann), await token(both)), /not exchanged again/);
  await refused(exchange(await token(both), await token(both)), /not exchanged again/);
});

test('both tokens have to be good for the target that is asked for', async () => {
  done(await exchange(await token(ann, { target: 'billing' }), await token(helper, { target: 'billing' }), { target: 'billing' }));
  await refused(exchange(await token(ann, { target: 'billing' }), await token(helper)), /subject token: .*not for this target/);
  await refused(exchange(await token(ann), await token(helper, { target: 'billing' })), /actor token: .*not for this target/);
});

test('both have to be valid, signed and of ours', async () => {
  const [person, agent] = [await token(ann), await token(helper)];
  done(await exchange(person, agent));
  await refused(exchange(await token(ann, { ttlMs: -60_000 }), agent), /subject token: the token has expired/);
  await refused(exchange(person, await token(helper, { ttlMs: -60_000 })), /actor token: the token has expired/);
  await refused(exchange(`${person.slice(0, -4)}AAAA`, agent), /subject token/);
  await refused(exchange(person, `${agent.split('.').slice(0, 2).join('.')}.`), /actor token/);
  await refused(exchange('', agent), /subject token/);
  await refused(exchange(person, 'x y'), /actor token/);
});

test('a lock or the end of either ends it', async () => {
  const [person, agent] = [await token(ann), await token(helper)];
  done(await exchange(person, agent, { ended: ['somebody else'] }));
  await refused(exchange(person, agent, { ended: ['ann'] }), /subject token: the token is no longer accepted/);
  await refused(exchange(person, agent, { ended: ['helper'] }), /actor token: the token is no longer accepted/);
});

test('more origins than a token can name are refused, not forgotten', async () => {
  await refused(exchange(await token(ann, { through: ['a', 'b'] }), await token(helper, { through: ['c', 'd'] })), /too many/);
});
