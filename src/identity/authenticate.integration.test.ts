import assert from 'node:assert/strict';
import { createHmac, createSign, KeyObject } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { exportSPKI } from 'jose';
import type { JsonValue } from '../core/json.ts';
import { isSallyportError } from '../core/error.ts';
import type { Subject } from '../core/subject.ts';
import { createAuthenticator, type Authenticator, type AuthenticatorOptions } from './authenticate.ts';
import { mintToken } from './mint.ts';
import { isAuthenticated } from './outcome.ts';
import { openSigningKeys, type SigningKeys } from './signing-keys.ts';
import { joinToken, signTestToken, startTestIssuer, testKey, type TestIssuer, type TestKey } from './test-issuer.ts';

const URL = 'http://gw.test:7600';
const NOW = Date.parse('2026-11-21T12:00:00Z');
const SECONDS = NOW / 1000;
const CLAIM_NAMES = { id: 'sub', name: 'email', groups: 'groups' };

let keys: { readonly rsa: TestKey; readonly ec: TestKey; readonly ed: TestKey; readonly stranger: TestKey };
let issuer: TestIssuer;
let own: SigningKeys;
let folder: string;

before(async () => {
  keys = { rsa: await testKey('rsa', 'RS256'), ec: await testKey('ec', 'ES256'), ed: await testKey('ed', 'EdDSA'), stranger: await testKey('rsa', 'RS256') };
  issuer = await startTestIssuer([keys.rsa, keys.ec, keys.ed]);
  folder = await mkdtemp(join(tmpdir(), 'sallyport-keys-'));
  own = await openSigningKeys(folder);
});

after(async () => {
  await issuer.close();
  await rm(folder, { recursive: true });
});

function authenticator(options: Partial<AuthenticatorOptions> = {}): Authenticator {
  const config = { issuer: issuer.url, audience: URL, claims: CLAIM_NAMES, kind: 'person' } as const;
  return createAuthenticator({ issuers: [config], own, url: URL, now: () => NOW, ...options });
}

const claims = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  iss: issuer.url,
  aud: URL,
  sub: 'u1',
  email: 'ann@corp.test',
  groups: ['staff'],
  iat: SECONDS,
  exp: SECONDS + 300,
  ...more,
});

/** The outcome in a word: the refusal's code, or `ok`. */
async function outcome(token: string, target = 'models', options: Partial<AuthenticatorOptions> = {}): Promise<string> {
  const result = await authenticator(options).authenticate(`Bearer ${token}`, target);
  return isAuthenticated(result) ? 'ok' : result.code;
}

const outcomeOf = async (more: Record<string, unknown>, header: Record<string, unknown> = {}, target = 'models'): Promise<string> =>
  outcome(await signTestToken({ key: keys.ec, claims: claims(more), header }), target);

describe('a token of a configured issuer', () => {
  for (const name of ['rsa', 'ec', 'ed'] as const) {
    test(`signed with its ${name} key is a subject with its groups`, async () => {
      const token = await signTestToken({ key: keys[name], claims: claims({ azp: 'my-client' }) });
      const result = await authenticator().authenticate(`bearer ${token}`, 'models');
      assert.ok(isAuthenticated(result));
      assert.deepEqual(result.subject, { kind: 'person', id: 'u1', name: 'ann@corp.test', groups: ['staff'], issuer: issuer.url });
      assert.equal(result.clientId, 'my-client');
      assert.equal(result.expiresAt, NOW + 300_000);
      assert.match(result.tokenHash, /^[0-9a-f]{64}$/);
    });
  }

  test('without a key id is tried against the keys of its algorithm', async () => {
    assert.equal(await outcomeOf({}, { kid: undefined }), 'ok');
  });

  test('without a name is named by its id, without groups has none, with one group as text has that', async () => {
    const subjectOf = async (more: Record<string, unknown>) => {
      const result = await authenticator().authenticate(`Bearer ${await signTestToken({ key: keys.ec, claims: claims(more) })}`, 'models');
      assert.ok(isAuthenticated(result));
      return [result.subject.name, ...result.subject.groups];
    };
    assert.deepEqual(await subjectOf({ email: undefined }), ['u1', 'staff']);
    assert.deepEqual(await subjectOf({ groups: undefined }), ['ann@corp.test']);
    assert.deepEqual(await subjectOf({ groups: 'solo' }), ['ann@corp.test', 'solo']);
  });
});

describe('the signature', () => {
  const unsigned = (header: Record<string, unknown>, signature: Buffer | string): string => joinToken(header, claims(), signature);

  for (const alg of ['none', 'None', 'nOnE', 'NONE', '']) {
    test(`of algorithm "${alg}" is refused, with and without signature bytes`, async () => {
      assert.equal(await outcome(unsigned({ alg, kid: 'rsa' }, '')), 'invalid');
      assert.equal(await outcome(unsigned({ alg, kid: 'rsa' }, 'x'.repeat(64))), 'invalid');
    });
  }

  test('by HMAC with the public key as secret is refused', async () => {
    const pem = await exportSPKI(keys.rsa.publicKey);
    const signed = unsigned({ alg: 'HS256', kid: 'rsa' }, '').slice(0, -1);
    for (const secret of [pem, pem.trim(), '']) {
      assert.equal(await outcome(`${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`), 'invalid');
    }
  });

  test('of a stranger is refused, also where the header points to the stranger’s key', async () => {
    const hostile = [
      {},
      { jku: `${issuer.url}/evil` },
      { x5u: `${issuer.url}/evil` },
      { jwk: keys.stranger.jwk },
      { kid: '../../../../dev/null' },
      { kid: `${issuer.url}/evil` },
    ];
    for (const header of hostile) assert.equal(await outcome(await signTestToken({ key: keys.stranger, claims: claims(), header })), 'invalid');
    assert.ok(!issuer.requests.includes('/evil'));
  });

  test('is held against the algorithm that fits the key, whatever the header says', async () => {
    const crossed = joinToken({ alg: 'ES256', kid: 'rsa' }, claims(), Buffer.alloc(64, 1));
    assert.equal(await outcome(crossed), 'invalid');
    const ps256 = await testKey('rsa', 'PS256');
    assert.equal(await outcome(await signTestToken({ key: ps256, claims: claims() })), 'invalid');
  });

  test('of zeros, of the wrong length or in DER is refused', async () => {
    const signed = joinToken({ alg: 'ES256', kid: 'ec', typ: 'JWT' }, claims(), '').slice(0, -1);
    const der = createSign('sha256').update(signed).sign(KeyObject.from(keys.ec.privateKey));
    for (const signature of [Buffer.alloc(64), Buffer.alloc(63, 1), Buffer.alloc(1), der]) {
      assert.equal(await outcome(`${signed}.${signature.toString('base64url')}`), 'invalid');
    }
    const right = createSign('sha256')
      .update(signed)
      .sign({ key: KeyObject.from(keys.ec.privateKey), dsaEncoding: 'ieee-p1363' });
    assert.equal(await outcome(`${signed}.${right.toString('base64url')}`), 'ok');
  });

  test('that holds for other claims is refused', async () => {
    const [header = '', , signature = ''] = (await signTestToken({ key: keys.ec, claims: claims() })).split('.');
    assert.equal(await outcome(`${header}.${Buffer.from(JSON.stringify(claims({ groups: ['admins'] }))).toString('base64url')}.${signature}`), 'invalid');
  });

  test('of a token with critical extensions is refused, because none is understood', async () => {
    const signed = `${Buffer.from(JSON.stringify({ alg: 'ES256', kid: 'ec', crit: ['exp'], exp: 1 })).toString('base64url')}.${Buffer.from(JSON.stringify(claims())).toString('base64url')}`;
    const signature = createSign('sha256')
      .update(signed)
      .sign({ key: KeyObject.from(keys.ec.privateKey), dsaEncoding: 'ieee-p1363' });
    assert.equal(await outcome(`${signed}.${signature.toString('base64url')}`), 'invalid');
  });
});

describe('issuer, audience and time', () => {
  test('an issuer is compared as text', async () => {
    for (const iss of [`${issuer.url}/`, issuer.url.toUpperCase(), 'https://evil.test', '', undefined, 7, [issuer.url]])
      assert.equal(await outcomeOf({ iss }), 'invalid');
  });

  test('the configured audience and the called target’s URL are accepted', async () => {
    assert.equal(await outcomeOf({ aud: URL }), 'ok');
    assert.equal(await outcomeOf({ aud: `${URL}/mcp/models` }), 'ok');
    assert.equal(await outcomeOf({ aud: ['https://other.test', URL] }), 'ok');
  });

  test('no audience, another one, or another target’s is refused, beside the right one too', async () => {
    const wrong = [
      undefined,
      '',
      [],
      'https://other.test/mcp',
      `${URL}/`,
      `${URL}/mcp/models/`,
      `${URL}/mcp/payroll`,
      [URL, `${URL}/mcp/payroll`],
      [URL, 'HTTP://GW.test:7600/mcp/payroll'],
      [URL, 7],
    ];
    for (const aud of wrong) assert.equal(await outcomeOf({ aud }), 'audience', JSON.stringify(aud));
  });

  test('an expired token is refused, thirty seconds of skew later and no sooner', async () => {
    assert.equal(await outcomeOf({ exp: SECONDS - 29 }), 'ok');
    assert.equal(await outcomeOf({ exp: SECONDS - 30 }), 'expired');
    for (const exp of [undefined, '2100', -1, 1e300]) assert.equal(await outcomeOf({ exp }), 'invalid');
  });

  test('a token from the future is refused', async () => {
    assert.equal(await outcomeOf({ nbf: SECONDS + 30 }), 'ok');
    assert.equal(await outcomeOf({ nbf: SECONDS + 31 }), 'invalid');
    assert.equal(await outcomeOf({ iat: SECONDS + 31 }), 'invalid');
    assert.equal(await outcomeOf({ nbf: 'soon' }), 'invalid');
  });

  test('signed documents that are no access tokens are refused', async () => {
    for (const typ of ['JWT', 'jwt', 'at+jwt', 'application/at+jwt']) assert.equal(await outcomeOf({}, { typ }), 'ok');
    for (const typ of ['logout+jwt', 'oauth-id-jag+jwt', 'dpop+jwt', 'JWE', 7]) assert.equal(await outcomeOf({}, { typ }), 'invalid');
    assert.equal(await outcomeOf({ cnf: { jkt: 'x' } }), 'invalid');
  });
});

describe('claims that say who it is', () => {
  test('are refused where they are missing, empty or could be read as something else', async () => {
    const hostile = ['', ' ann', 'ann\n', 'ann\u0000', 'ann,bob', 'ann\u202egpj', 'a\u200bnn', 'x'.repeat(321), 7, null, ['ann'], { a: 1 }];
    for (const sub of [undefined, ...hostile]) assert.equal(await outcomeOf({ sub }), 'invalid', JSON.stringify(sub));
    for (const email of hostile) assert.equal(await outcomeOf({ email }), 'invalid', JSON.stringify(email));
    for (const group of hostile) assert.equal(await outcomeOf({ groups: ['staff', group] }), 'invalid', JSON.stringify(group));
    for (const groups of [{}, 7, null]) assert.equal(await outcomeOf({ groups }), 'invalid');
  });

  test('an unverified e-mail address is no name', async () => {
    assert.equal(await outcomeOf({ email_verified: true }), 'ok');
    assert.equal(await outcomeOf({ email_verified: false }), 'invalid');
    assert.equal(await outcomeOf({ email_verified: 'false' }), 'invalid');
  });

  test('groups that are only referred to are not read as none', async () => {
    assert.equal(
      await outcomeOf({ groups: undefined, _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'https://graph.test' } } }),
      'invalid',
    );
  });

  test('a token of somebody acting for another is refused rather than read as the other', async () => {
    assert.equal(await outcomeOf({ act: { sub: 'agent' } }), 'invalid');
  });
});

describe('the form of the token and its header', () => {
  test('no header is missing; another scheme, two tokens or other spacing is invalid', async () => {
    const token = await signTestToken({ key: keys.ec, claims: claims() });
    const code = async (header: string | undefined): Promise<string> => {
      const result = await authenticator().authenticate(header, 'models');
      return isAuthenticated(result) ? 'ok' : result.code;
    };
    assert.equal(await code(`BEARER ${token}`), 'ok');
    assert.equal(await code(undefined), 'missing');
    const malformed = [
      `Bearer  ${token}`,
      `Bearer\t${token}`,
      `Bearer ${token} `,
      `Bearer ${token}, Bearer ${token}`,
      `Bearer ${token},x`,
      'Bearer',
      'Bearer ',
      token,
      'Basic YTpi',
    ];
    for (const header of malformed) assert.equal(await code(header), 'invalid', header.slice(0, 20));
  });

  test('bad base64, bad JSON, duplicate members, two or four parts are refused', async () => {
    const [header = '', payload = '', signature = ''] = (await signTestToken({ key: keys.ec, claims: claims() })).split('.');
    const twice = Buffer.from(JSON.stringify(claims()).replace('{', '{"sub":"admin",')).toString('base64url');
    const bad = [
      `${header}=.${payload}.${signature}`,
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `${header}.${payload}.${signature}.${signature}`,
      `.${payload}.${signature}`,
    ];
    const worse = [
      `${header}.${twice}.${signature}`,
      `${header}.e30.${signature}`,
      `W10.${payload}.${signature}`,
      `${header}.bm90IGpzb24.${signature}`,
      'a',
      '...',
    ];
    for (const token of [...bad, ...worse]) assert.equal(await outcome(token), 'invalid', token.slice(0, 30));
  });

  test('a token over 16 KiB is refused before it is read', async () => {
    assert.equal(await outcomeOf({ filler: 'x'.repeat(10_000) }), 'ok');
    assert.equal(await outcomeOf({ filler: 'x'.repeat(16_000) }), 'invalid');
  });

  test('refusals quote nothing from the token', async () => {
    const token = await signTestToken({ key: keys.ec, claims: claims({ sub: 'canary\n' }) });
    const result = await authenticator().authenticate(`Bearer ${token}`, 'models');
    assert.ok(!JSON.stringify(result).includes('canary'));
  });
});

describe('the gateway’s own tokens', () => {
  const subject = { kind: 'workload', id: 'ci', name: 'ci', groups: ['ci'], issuer: 'local' } as const;
  const mint = (target: string): Promise<{ token: string }> =>
    mintToken({ keys: own, subject, target, url: URL, ttlMs: 600_000, clientId: 'sallyport', now: NOW });

  test('bring the same subject back, on their one target only', async () => {
    const { token } = await mint('models');
    const result = await authenticator().authenticate(`Bearer ${token}`, 'models');
    assert.ok(isAuthenticated(result));
    assert.deepEqual(result.subject, subject);
    assert.equal(result.clientId, 'sallyport');
    assert.equal(await outcome(token, 'payroll'), 'audience');
  });

  test('bring the person behind an agent back too', async () => {
    const agent = { ...subject, kind: 'ai-agent', id: 'a', name: 'helper', onBehalfOf: { ...subject, kind: 'person', id: 'ann', name: 'ann' } } as const;
    const { token } = await mintToken({ keys: own, subject: agent, target: 'models', url: URL, ttlMs: 600_000, clientId: '', now: NOW });
    const result = await authenticator().authenticate(`Bearer ${token}`, 'models');
    assert.ok(isAuthenticated(result));
    assert.deepEqual(result.subject, agent);
  });

  test('name the person as their subject and the agent as the actor, one of each and no chain', async () => {
    const key = { kid: own.current.kid, alg: 'EdDSA', privateKey: own.current.privateKey, publicKey: own.current.privateKey, jwk: {} } as TestKey;
    const ann = { sub: 'ann', name: 'ann', kind: 'person', idp: 'local', groups: ['staff'] };
    const helper = { sub: 'h', name: 'helper', kind: 'ai-agent', idp: 'local', groups: [] };
    const tokenWith = (more: object): Promise<string> =>
      signTestToken({ key, claims: claims({ iss: URL, aud: `${URL}/mcp/models`, ...ann, ...more }), header: { typ: 'at+jwt' } });
    const result = await authenticator().authenticate(`Bearer ${await tokenWith({ act: helper })}`, 'models');
    assert.ok(isAuthenticated(result));
    assert.deepEqual([result.subject.name, result.subject.kind, result.subject.onBehalfOf?.name], ['helper', 'ai-agent', 'ann']);
    for (const act of [
      { ...helper, act: helper },
      { ...helper, kind: 'person' },
      { ...helper, kind: 'workload' },
      { ...helper, sub: '' },
      'helper',
      null,
      [helper],
    ])
      assert.equal(await outcome(await tokenWith({ act })), 'invalid', JSON.stringify(act));
    assert.equal(await outcome(await tokenWith({ kind: 'workload', act: helper })), 'invalid');
    assert.equal(await outcome(await tokenWith({ ...helper, act: helper })), 'invalid');
  });

  test('end when they say, and are no token of another gateway', async () => {
    const { token } = await mint('models');
    assert.equal(await outcome(token, 'models', { now: () => NOW + 600_000 + 30_000 }), 'expired');
    assert.equal(await outcome(token, 'models', { url: 'http://elsewhere.test' }), 'invalid');
  });

  test('cannot be made by an issuer that signs in the gateway’s name', async () => {
    assert.equal(
      await outcome(await signTestToken({ key: keys.ed, claims: claims({ iss: URL, idp: 'local', kind: 'person', name: 'lead' }), header: { typ: 'at+jwt' } })),
      'invalid',
    );
  });

  test('need their own type, so that other signed documents of the gateway never pass for them', async () => {
    const { signing } = { signing: own.current };
    const key = { kid: signing.kid, alg: 'EdDSA', privateKey: signing.privateKey, publicKey: signing.privateKey, jwk: {} } as TestKey;
    const body = claims({ iss: URL, aud: `${URL}/mcp/models`, name: 'ann', kind: 'person', idp: 'local' });
    assert.equal(await outcome(await signTestToken({ key, claims: body, header: { typ: 'at+jwt' } })), 'ok');
    assert.equal(await outcome(await signTestToken({ key, claims: body, header: { typ: 'JWT' } })), 'invalid');
    assert.equal(
      await outcome(await signTestToken({ key, claims: { ...body, aud: [`${URL}/mcp/models`, `${URL}/mcp/payroll`] }, header: { typ: 'at+jwt' } })),
      'audience',
    );
  });
});

describe('a valid token', () => {
  test('is refused once the gateway no longer accepts it, although it is remembered', async () => {
    const token = `Bearer ${await signTestToken({ key: keys.ec, claims: claims() })}`;
    let locked = false;
    const made = authenticator({ standing: ({ subject }) => (locked && subject.id === 'u1' ? 'ended' : subject) });
    assert.ok(isAuthenticated(await made.authenticate(token, 'models')));
    locked = true;
    assert.ok(!isAuthenticated(await made.authenticate(token, 'models')));
  });

  test('is of its subject as it is today, with the groups of today, also where it is remembered', async () => {
    const token = `Bearer ${await signTestToken({ key: keys.ec, claims: claims() })}`;
    let groups: readonly string[] = ['ml-leads'];
    const made = authenticator({ standing: ({ subject }) => ({ ...subject, groups }) });
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
    const made = authenticator({ standing: ({ subject, issued }) => (issued.through.some((id) => ended.has(id)) ? 'ended' : subject) });
    const person: Subject = { kind: 'person', id: 'ann', name: 'ann', groups: [], issuer: 'local' };
    const mint = async (through: readonly string[]): Promise<string> =>
      (await mintToken({ keys: own, subject: person, target: 'models', url: URL, ttlMs: 60_000, clientId: 'c', through, now: NOW })).token;
    const [first, second] = [await mint(['sign-in-1', 'grant-1']), await mint(['sign-in-2'])];
    const isTaken = async (token: string): Promise<boolean> => isAuthenticated(await made.authenticate(`Bearer ${token}`, 'models'));
    assert.deepEqual([await isTaken(first), await isTaken(second)], [true, true]);
    ended.add('grant-1');
    assert.deepEqual([await isTaken(first), await isTaken(second)], [false, true]);
    const key = { ...own.current, alg: 'EdDSA', publicKey: own.current.privateKey, jwk: {} } as TestKey;
    const body = claims({ iss: URL, aud: `${URL}/mcp/models`, name: 'ann', kind: 'person', idp: 'local' });
    for (const sid of ['sign-in-1', ['a', 7], Array.from({ length: 5 }, String)])
      assert.equal(await outcome(await signTestToken({ key, claims: { ...body, sid }, header: { typ: 'at+jwt' } })), 'invalid', String(sid));
  });

  test('is refused where whether it is accepted cannot be told', async () => {
    const standing = (): never => {
      throw new Error('down');
    };
    assert.equal(await outcome(await signTestToken({ key: keys.ec, claims: claims() }), 'models', { standing }), 'unavailable');
  });

  test('is verified once and checked for time and target at every use', async () => {
    const token = `Bearer ${await signTestToken({ key: keys.ec, claims: claims({ aud: `${URL}/mcp/models` }) })}`;
    let [now, reads] = [NOW, 0];
    const documents: Record<string, JsonValue> = {
      '/jwks': { keys: [keys.ec.jwk] },
      '/.well-known/openid-configuration': { issuer: issuer.url, jwks_uri: `${issuer.url}/jwks` },
    };
    const made = authenticator({ now: () => now, fetchJson: ({ pathname }) => ((reads += 1), Promise.resolve(documents[pathname] ?? null)) });
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

test('issuers that are configured twice, are the gateway itself or are no URL are refused at start', () => {
  const config = (name: string) => ({ issuer: name, audience: URL, claims: CLAIM_NAMES, kind: 'person' }) as const;
  for (const issuers of [[config('https://a.test'), config('https://a.test')], [config(URL)], [config('local')], [config('ftp://a.test')]]) {
    assert.throws(
      () => createAuthenticator({ issuers, own, url: URL }),
      (error) => isSallyportError(error, 'config_invalid'),
    );
  }
});
