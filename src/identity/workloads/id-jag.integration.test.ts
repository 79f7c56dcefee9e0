import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Subject } from '../../core/subject.ts';
import { joinToken, signTestToken } from '../test-issuer.ts';
import { GATEWAY, startBench, type Bench } from './fixtures.ts';
import { isProblem, readSubject } from '../claims.ts';
import { grantRefusal, isRefusal } from './grant-refusal.ts';
import { createIdJag, type AssertionIssuer } from './id-jag.ts';

let bench: Bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());

function assertion(more: Record<string, unknown> = {}): Record<string, unknown> {
  const seconds = bench.clock.now / 1000;
  return {
    iss: bench.issuer.url,
    sub: '00u1',
    email: 'ann@acme.example',
    aud: GATEWAY,
    resource: `${GATEWAY}/mcp/models`,
    client_id: 'claude',
    scope: 'mcp',
    jti: crypto.randomUUID(),
    iat: seconds,
    exp: seconds + 300,
    ...more,
  };
}

const sign = (claims: Record<string, unknown>, header: Record<string, unknown> = {}, key = bench.keys.rsa): Promise<string> =>
  signTestToken({ key, claims, header: { typ: 'oauth-id-jag+jwt', ...header } });

interface Use {
  readonly clientId?: string;
  readonly target?: string;
  readonly person?: AssertionIssuer['person'];
}
const sayso: AssertionIssuer['person'] = (claims) => {
  const subject = readSubject(claims, { id: 'sub', name: 'email', groups: 'groups' }, 'person', bench.issuer.url);
  return Promise.resolve(isProblem(subject) ? grantRefusal(subject.problem) : subject);
};
async function use(text: string, { clientId = 'claude', target, person = sayso }: Use = {}): Promise<string> {
  const targetOf = (resource: string): string | undefined => /^https:\/\/gw\.example\/mcp\/([a-z]+)$/.exec(resource)?.[1];
  const accept = createIdJag({ issuers: [{ issuer: bench.issuer.url, person }], url: GATEWAY, ...bench.parts, targetOf });
  const result = await accept({ assertion: text, clientId, ...(target === undefined ? {} : { target }) });
  return isRefusal(result) ? result.reason : `${result.subject.kind}:${result.subject.name} on ${result.target}`;
}
const OK = 'person:ann@acme.example on models';

test('an assertion of a trusted provider becomes that person, on its one target', async () => {
  assert.equal(await use(await sign(assertion())), OK);
  assert.equal(await use(await sign(assertion()), { target: 'models' }), OK);
  assert.equal(await use(await sign(assertion({ resource: [`${GATEWAY}/mcp/models`] }))), OK);
});

for (const [says, claims, why] of [
  ['another client', { client_id: 'mallory' }, /another client/],
  ['no client', { client_id: undefined }, /another client/],
  ['a resource elsewhere', { resource: 'https://elsewhere.example/mcp/models' }, /not for the target/],
  ['two resources', { resource: [`${GATEWAY}/mcp/models`, `${GATEWAY}/mcp/billing`] }, /not for the target/],
  ['no resource', { resource: undefined }, /not for the target/],
  ['another authorization server', { aud: 'https://elsewhere.example' }, /not for this gateway/],
  ['a second authorization server', { aud: [GATEWAY, 'https://elsewhere.example'] }, /not for this gateway/],
  ['the target as its audience', { aud: `${GATEWAY}/mcp/models` }, /not for this gateway/],
  ['an issuer that nobody trusts', { iss: 'https://mallory.example' }, /no identity provider/],
  ['no end', { exp: undefined }, /when it expires/],
  ['an end in the past', { exp: 1 }, /expired/],
  ['an end far away', { exp: 4_000_000_000 }, /longer than/],
  ['no id', { jti: undefined }, /no id/],
  ['no person', { sub: undefined }, /sub is missing/],
  ['an unverified address', { email_verified: false }, /not verified/],
  ['an actor', { act: { sub: 'x' } }, /acts for another/],
] as const)
  test(`an assertion with ${says} is refused`, async () => {
    assert.equal(await use(await sign(assertion())), OK);
    const given = Object.fromEntries(Object.entries({ ...assertion(), ...claims }).filter(([, value]) => value !== undefined));
    assert.match(await use(await sign(given)), why);
  });

test('an assertion for one target asks for no other', async () => {
  assert.match(await use(await sign(assertion()), { target: 'billing' }), /not for the target/);
});

test('an assertion is used once', async () => {
  const text = await sign(assertion());
  assert.equal(await use(text), OK);
  assert.match(await use(text), /used before/);
});

test('a refused assertion is not used up', async () => {
  const text = await sign(assertion());
  assert.match(await use(text, { clientId: 'mallory' }), /another client/);
  assert.equal(await use(text), OK);
});

test('an id token or an access token of the same provider is no assertion', async () => {
  for (const typ of ['JWT', 'at+jwt', undefined]) assert.match(await use(await sign(assertion(), { typ })), /another kind/);
  assert.equal(await use(await sign(assertion(), { typ: 'application/oauth-id-jag+jwt' })), OK);
});

test('an assertion has to be signed by its provider', async () => {
  assert.match(await use(await sign(assertion(), {}, bench.keys.stranger)), /signature/);
  assert.match(await use(joinToken({ alg: 'none', typ: 'oauth-id-jag+jwt' }, assertion(), '')), /no identity provider/);
});

test('who was deactivated is not let in by an assertion, and who is known is as the directory has them', async () => {
  assert.match(await use(await sign(assertion()), { person: () => Promise.resolve(grantRefusal('no longer here')) }), /no longer here/);
  const known: Subject = { kind: 'person', id: '00u1', name: 'ann', groups: ['staff'], issuer: bench.issuer.url };
  assert.equal(await use(await sign(assertion()), { person: () => Promise.resolve(known) }), 'person:ann on models');
});
