import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isSallyportError } from '../core/error.ts';
import type { JsonValue } from '../core/json.ts';
import type { Subject } from '../core/subject.ts';
import { createAuthenticator } from './authenticate.ts';
import { mintToken } from './mint.ts';
import { isAuthenticated } from './outcome.ts';
import { CLAIM_NAMES, GATEWAY_URL, NOW, SECONDS, startTestAuthenticator, type TestAuthenticator } from './test-authenticator.ts';
import { signTestToken, type TestKey } from './test-issuer.ts';

let rig: TestAuthenticator;

before(async () => {
  rig = await startTestAuthenticator();
});

after(() => rig?.close());

describe('a token of a configured issuer', () => {
  for (const name of ['rsa', 'ec', 'ed'] as const) {
    test(`signed with its ${name} key is a subject with its groups`, async () => {
      const token = await signTestToken({ key: rig.keys[name], claims: rig.claims({ azp: 'my-client' }) });
      const result = await rig.authenticator().authenticate(`bearer ${token}`, 'models');
      assert.ok(isAuthenticated(result));
      assert.deepEqual(result.subject, { kind: 'person', id: 'u1', name: 'ann@corp.test', groups: ['staff'], issuer: rig.issuer.url });
      assert.equal(result.clientId, 'my-client');
      assert.equal(result.expiresAt, NOW + 300_000);
      assert.match(result.tokenHash, /^[0-9a-f]{64}$/);
    });
  }

  test('without a key id is tried against the keys of its algorithm', async () => {
    assert.equal(await rig.outcomeOf({}, { kid: undefined }), 'ok');
  });

  test('without a name is named by its id, without groups has none, with one group as text has that', async () => {
    const subjectOf = async (more: Record<string, unknown>) => {
      const result = await rig.authenticator().authenticate(`Bearer ${await signTestToken({ key: rig.keys.ec, claims: rig.claims(more) })}`, 'models');
      assert.ok(isAuthenticated(result));
      return [result.subject.name, ...result.subject.groups];
    };
    assert.deepEqual(await subjectOf({ email: undefined }), ['u1', 'staff']);
    assert.deepEqual(await subjectOf({ groups: undefined }), ['ann@corp.test']);
    assert.deepEqual(await subjectOf({ groups: 'solo' }), ['ann@corp.test', 'solo']);
  });
});

describe('issuer, audience and time', () => {
  test('an issuer is compared as text', async () => {
    for (const iss of [`${rig.issuer.url}/`, rig.issuer.url.toUpperCase(), 'https://evil.test', '', undefined, 7, [rig.issuer.url]])
      assert.equal(await rig.outcomeOf({ iss }), 'invalid');
  });

  test('the configured audience and the called target’s GATEWAY_URL are accepted', async () => {
    assert.equal(await rig.outcomeOf({ aud: GATEWAY_URL }), 'ok');
    assert.equal(await rig.outcomeOf({ aud: `${GATEWAY_URL}/mcp/models` }), 'ok');
    assert.equal(await rig.outcomeOf({ aud: ['https://other.test', GATEWAY_URL] }), 'ok');
  });

  test('no audience, another one, or another target’s is refused, beside the right one too', async () => {
    const wrong = [
      undefined,
      '',
      [],
      'https://other.test/mcp',
      `${GATEWAY_URL}/`,
      `${GATEWAY_URL}/mcp/models/`,
      `${GATEWAY_URL}/mcp/payroll`,
      [GATEWAY_URL, `${GATEWAY_URL}/mcp/payroll`],
      [GATEWAY_URL, 'HTTP://GW.test:7600/mcp/payroll'],
      [GATEWAY_URL, 7],
    ];
    for (const aud of wrong) assert.equal(await rig.outcomeOf({ aud }), 'audience', JSON.stringify(aud));
  });

  test('an expired token is refused, thirty seconds of skew later and no sooner', async () => {
    assert.equal(await rig.outcomeOf({ exp: SECONDS - 29 }), 'ok');
    assert.equal(await rig.outcomeOf({ exp: SECONDS - 30 }), 'expired');
    for (const exp of [undefined, '2100', -1, 1e300]) assert.equal(await rig.outcomeOf({ exp }), 'invalid');
  });

  test('a token from the future is refused', async () => {
    assert.equal(await rig.outcomeOf({ nbf: SECONDS + 30 }), 'ok');
    assert.equal(await rig.outcomeOf({ nbf: SECONDS + 31 }), 'invalid');
    assert.equal(await rig.outcomeOf({ iat: SECONDS + 31 }), 'invalid');
    assert.equal(await rig.outcomeOf({ nbf: 'soon' }), 'invalid');
  });

  test('signed documents that are no access tokens are refused', async () => {
    for (const typ of ['JWT', 'jwt', 'at+jwt', 'application/at+jwt']) assert.equal(await rig.outcomeOf({}, { typ }), 'ok');
    for (const typ of ['logout+jwt', 'oauth-id-jag+jwt', 'dpop+jwt', 'JWE', 7]) assert.equal(await rig.outcomeOf({}, { typ }), 'invalid');
    assert.equal(await rig.outcomeOf({ cnf: { jkt: 'x' } }), 'invalid');
  });
});

describe('claims that say who it is', () => {
  test('are refused where they are missing, empty or could be read as something else', async () => {
    const hostile = ['', ' ann', 'ann\n', 'ann\u0000', 'ann,bob', 'ann\u202egpj', 'a\u200bnn', 'x'.repeat(321), 7, null, ['ann'], { a: 1 }];
    for (const sub of [undefined, ...hostile]) assert.equal(await rig.outcomeOf({ sub }), 'invalid', JSON.stringify(sub));
    for (const email of hostile) assert.equal(await rig.outcomeOf({ email }), 'invalid', JSON.stringify(email));
    for (const group of hostile) assert.equal(await rig.outcomeOf({ groups: ['staff', group] }), 'invalid', JSON.stringify(group));
    for (const groups of [{}, 7, null]) assert.equal(await rig.outcomeOf({ groups }), 'invalid');
  });

  test('an unverified e-mail address is no name', async () => {
    assert.equal(await rig.outcomeOf({ email_verified: true }), 'ok');
    assert.equal(await rig.outcomeOf({ email_verified: false }), 'invalid');
    assert.equal(await rig.outcomeOf({ email_verified: 'false' }), 'invalid');
  });

  test('groups that are only referred to are not read as none', async () => {
    assert.equal(
      await rig.outcomeOf({ groups: undefined, _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'https://graph.test' } } }),
      'invalid',
    );
  });

  test('a token of somebody acting for another is refused rather than read as the other', async () => {
    assert.equal(await rig.outcomeOf({ act: { sub: 'agent' } }), 'invalid');
  });
});

describe('a valid token', () => {
  test('is refused once the gateway no longer accepts it, although it is remembered', async () => {
    const token = `Bearer ${await signTestToken({ key: rig.keys.ec, claims: rig.claims() })}`;
    let locked = false;
    const made = rig.authenticator({ standing: ({ subject }) => (locked && subject.id === 'u1' ? 'ended' : subject) });
    assert.ok(isAuthenticated(await made.authenticate(token, 'models')));
    locked = true;
    assert.ok(!isAuthenticated(await made.authenticate(token, 'models')));
  });

  test('is of its subject as it is today, with the groups of today, also where it is remembered', async () => {
    const token = `Bearer ${await signTestToken({ key: rig.keys.ec, claims: rig.claims() })}`;
    let groups: readonly string[] = ['ml-leads'];
    const made = rig.authenticator({ standing: ({ subject }) => ({ ...subject, groups }) });
    const groupsNow = async (): Promise<readonly string[]> => {
      const result = await made.authenticate(token, 'models');
      return isAuthenticated(result) ? result.subject.groups : [result.code];
    };
    assert.deepEqual(await groupsNow(), ['ml-leads']);
    groups = [];
    assert.deepEqual(await groupsNow(), []);
  });

  test('of ours ends with the sign-in that it was issued through; what names its sign-in otherwise is no token', async () => {
    const ended = new Set<string>();
    const made = rig.authenticator({ standing: ({ subject, issued }) => (issued.through.some((id) => ended.has(id)) ? 'ended' : subject) });
    const person: Subject = { kind: 'person', id: 'ann', name: 'ann', groups: [], issuer: 'local' };
    const mint = async (through: readonly string[]): Promise<string> =>
      (await mintToken({ keys: rig.own, subject: person, target: 'models', url: GATEWAY_URL, ttlMs: 60_000, clientId: 'c', through, now: NOW })).token;
    const [first, second] = [await mint(['sign-in-1', 'grant-1']), await mint(['sign-in-2'])];
    const isTaken = async (token: string): Promise<boolean> => isAuthenticated(await made.authenticate(`Bearer ${token}`, 'models'));
    assert.deepEqual([await isTaken(first), await isTaken(second)], [true, true]);
    ended.add('grant-1');
    assert.deepEqual([await isTaken(first), await isTaken(second)], [false, true]);
    const key = { ...rig.own.current, alg: 'EdDSA', publicKey: rig.own.current.privateKey, jwk: {} } as TestKey;
    const body = rig.claims({ iss: GATEWAY_URL, aud: `${GATEWAY_URL}/mcp/models`, name: 'ann', kind: 'person', idp: 'local' });
    for (const sid of ['sign-in-1', ['a', 7], Array.from({ length: 5 }, String)])
      assert.equal(await rig.outcome(await signTestToken({ key, claims: { ...body, sid }, header: { typ: 'at+jwt' } })), 'invalid', String(sid));
  });

  test('is refused where whether it is accepted cannot be told', async () => {
    const standing = (): never => {
      throw new Error('down');
    };
    assert.equal(await rig.outcome(await signTestToken({ key: rig.keys.ec, claims: rig.claims() }), 'models', { standing }), 'unavailable');
  });

  test('is verified once and checked for time and target at every use', async () => {
    const token = `Bearer ${await signTestToken({ key: rig.keys.ec, claims: rig.claims({ aud: `${GATEWAY_URL}/mcp/models` }) })}`;
    let [now, reads] = [NOW, 0];
    const documents: Record<string, JsonValue> = {
      '/jwks': { keys: [rig.keys.ec.jwk] },
      '/.well-known/openid-configuration': { issuer: rig.issuer.url, jwks_uri: `${rig.issuer.url}/jwks` },
    };
    const made = rig.authenticator({ now: () => now, fetchJson: ({ pathname }) => ((reads += 1), Promise.resolve(documents[pathname] ?? null)) });
    const codeOn = async (target: string): Promise<string> => {
      const result = await made.authenticate(token, target);
      return isAuthenticated(result) ? 'ok' : result.code;
    };
    assert.equal(await codeOn('models'), 'ok');
    assert.equal(await codeOn('payroll'), 'audience');
    assert.equal(await codeOn('models'), 'ok');
    now += 331_000;
    assert.equal(await codeOn('models'), 'expired');
    assert.equal(reads, 2);
  });
});

test('issuers that are configured twice, are the gateway itself or are no GATEWAY_URL are refused at start', () => {
  const config = (name: string) => ({ issuer: name, audience: GATEWAY_URL, claims: CLAIM_NAMES, kind: 'person' }) as const;
  for (const issuers of [[config('https://a.test'), config('https://a.test')], [config(GATEWAY_URL)], [config('local')], [config('ftp://a.test')]]) {
    assert.throws(
      () => createAuthenticator({ issuers, own: rig.own, url: GATEWAY_URL }),
      (error) => isSallyportError(error, 'config_invalid'),
    );
  }
});
