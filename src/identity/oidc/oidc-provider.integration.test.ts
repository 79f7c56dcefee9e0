import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { exportSPKI } from 'jose';
import { HOSTILE_CLIENT, json, settingsFor, startHostileProvider, type HostileProvider } from '../../../test/support/hostile-provider.ts';
import { explainError, isSallyportError } from '../../core/error.ts';
import { Secret } from '../../core/secret.ts';
import type { Profile } from '../profile.ts';
import { joinToken } from '../test-issuer.ts';
import { createOidcProvider } from './oidc-provider.ts';
import type { OidcSettings } from './settings.ts';

const BASE = 'https://gateway.example/sign-in/corp';
const SECRET = 'canary-client-secret';

let hostile: HostileProvider;
before(async () => {
  hostile = await startHostileProvider();
});
after(() => hostile.close());
beforeEach(() => {
  hostile.discovery = {};
  hostile.tokens = {};
  hostile.replies.clear();
  hostile.asked.length = 0;
});

const open = (more: Partial<OidcSettings> = {}) =>
  createOidcProvider({ name: 'corp', title: 'Corp', settings: settingsFor(hostile, more), secret: async () => new Secret(SECRET) });

interface Attempt {
  readonly settings?: Partial<OidcSettings>;
  /** The ID token, by the nonce that was asked for; absent: as it should be. */
  readonly idToken?: (nonce: string) => Promise<string | undefined>;
  /** Changes what comes back to the callback. */
  readonly callback?: (query: URLSearchParams) => void;
}

/** One whole sign-in: away, and back with what the provider says. */
async function attempt({ settings: more = {}, idToken = (nonce) => hostile.idToken(nonce), callback = () => {} }: Attempt): Promise<Profile> {
  const provider = open(more);
  const begun = await provider.begin({ base: BASE });
  const away = new URL(begun.url);
  hostile.tokens = { ...hostile.tokens, id_token: await idToken(away.searchParams.get('nonce') ?? '') };
  const back = new URL(`${BASE}/callback`);
  back.search = new URLSearchParams({ code: 'canary-code', state: begun.state, iss: hostile.issuer }).toString();
  callback(back.searchParams);
  return provider.finish(back, begun);
}

/** Refused as no sign-in, in words that hold nothing of what was sent. */
async function refuses(what: string, given: Attempt, message?: RegExp): Promise<void> {
  await assert.rejects(attempt(given), (error) => {
    assert.ok(isSallyportError(error, 'unauthenticated'), `${what}: ${explainError(error)}`);
    if (message) assert.match(error.message, message, what);
    assert.doesNotMatch(explainError(error), /canary|eyJ/, what);
    return true;
  });
}

const withClaims =
  (claims: Record<string, unknown>) =>
  (nonce: string): Promise<string> =>
    hostile.idToken(nonce, claims);

describe('a sign-in', () => {
  test('asks for a code with PKCE, state and nonce, and redeems it as this client', async () => {
    const { url, state } = await open({ require: { hd: ['example.com'] } }).begin({ base: BASE, email: 'ann@example.com' });
    const away = new URL(url);
    const { code_challenge: challenge, nonce, ...asked } = Object.fromEntries(away.searchParams);
    assert.equal(`${away.origin}${away.pathname}`, `${hostile.issuer}/authorize`);
    assert.match(`${challenge} ${nonce} ${state}`, /^[\w-]{43} [\w-]{43} [\w-]{43}$/);
    assert.deepEqual(asked, {
      client_id: HOSTILE_CLIENT,
      response_type: 'code',
      redirect_uri: `${BASE}/callback`,
      scope: 'openid email',
      code_challenge_method: 'S256',
      state,
      login_hint: 'ann@example.com',
      hd: 'example.com',
    });
    assert.deepEqual(await attempt({}), { issuer: hostile.issuer, id: '00u1', name: 'ann@example.com', groups: ['staff'] });
    const redeemed = hostile.asked.find(({ path }) => path === '/token');
    // RFC 6749, 2.3.1: both are form-encoded first.
    assert.equal(decodeURIComponent(Buffer.from(redeemed?.authorization.slice(6) ?? '', 'base64').toString()), `${HOSTILE_CLIENT}:${SECRET}`);
    const form = new URLSearchParams(redeemed?.body);
    assert.deepEqual([form.get('code'), form.get('redirect_uri'), form.get('code_verifier')?.length], ['canary-code', `${BASE}/callback`, 43]);
  });

  test('is one in any of three algorithms, and in no other, whatever the provider claims to support', async () => {
    const { rsa, ec, ed, stranger } = hostile.keys;
    for (const key of [rsa, ec, ed]) assert.equal((await attempt({ idToken: (nonce) => hostile.idToken(nonce, {}, {}, key) })).id, '00u1');
    const forge = async (nonce: string, header: object, sign: (input: string) => Buffer | string): Promise<string> => {
      const [, claims = ''] = (await hostile.idToken(nonce)).split('.');
      const text = Buffer.from(claims, 'base64url').toString();
      const [head] = joinToken(header, text, '').split('.');
      return joinToken(header, text, sign(`${head}.${claims}`));
    };
    const hmac = (key: string) => (input: string) => createHmac('sha256', key).update(input).digest();
    const publicKey = await exportSPKI(rsa.publicKey);
    const attacks: Readonly<Record<string, (nonce: string) => Promise<string | undefined>>> = {
      unsigned: (nonce) => forge(nonce, { alg: 'none', typ: 'JWT' }, () => ''),
      'unsigned in capitals': (nonce) => forge(nonce, { alg: 'NONE' }, () => ''),
      'a public key as a shared secret': (nonce) => forge(nonce, { alg: 'HS256', kid: 'rsa' }, hmac(publicKey)),
      'the client secret as a key': (nonce) => forge(nonce, { alg: 'HS256' }, hmac(SECRET)),
      'no signature': (nonce) => forge(nonce, { alg: 'ES256', kid: 'ec' }, () => ''),
      'a signature of zeroes': (nonce) => forge(nonce, { alg: 'ES256', kid: 'ec' }, () => Buffer.alloc(64)),
      'a stranger’s key': (nonce) => hostile.idToken(nonce, {}, { kid: 'ec' }, stranger),
      'a key that nobody published': (nonce) => hostile.idToken(nonce, {}, {}, stranger),
      'a key in its own header': (nonce) => hostile.idToken(nonce, {}, { kid: undefined, jwk: stranger.jwk }, stranger),
      'a key at an address in its header': (nonce) => hostile.idToken(nonce, {}, { jku: `${hostile.issuer}/stranger` }, stranger),
      'another kind of signed document': async (nonce) => `${await hostile.idToken(nonce)}.x`,
      'no token at all': async () => undefined,
    };
    for (const [what, idToken] of Object.entries(attacks)) await refuses(what, { idToken });
    const swapped = async (nonce: string): Promise<string> => {
      const [head, , signature] = (await hostile.idToken(nonce)).split('.');
      const [, claims] = (await hostile.idToken(nonce, { sub: 'boss' })).split('.');
      return [head, claims, signature].join('.');
    };
    await refuses('claims of another token', { idToken: swapped });
  });

  test('is only what was issued by this provider, to this client, for this attempt, for this moment', async () => {
    const now = Math.floor(Date.now() / 1000);
    assert.equal((await attempt({ idToken: withClaims({ aud: [HOSTILE_CLIENT], azp: HOSTILE_CLIENT }) })).id, '00u1');
    const wrong: readonly Record<string, unknown>[] = [
      { iss: 'https://other.example' },
      { iss: `${hostile.issuer}/` },
      { iss: undefined },
      { aud: 'another-client' },
      { aud: [] },
      { aud: undefined },
      { aud: [HOSTILE_CLIENT, 'another-client'] },
      { aud: [HOSTILE_CLIENT, 'another-client'], azp: 'another-client' },
      { nonce: 'of-another-attempt' },
      { nonce: undefined },
      { exp: now - 60 },
      { exp: undefined },
      { iat: undefined },
      { nbf: now + 600 },
      { exp: 'tomorrow' },
      { sub: undefined },
      { sub: '' },
      { sub: ['00u1'] },
      { sub: 'a,b' },
      { sub: '00u1\u0000' },
      { sub: 7 },
    ];
    for (const claims of wrong) await refuses(JSON.stringify(claims), { idToken: withClaims(claims) });
  });

  test('is answered by this provider: state and issuer of the callback say so, each exactly once', async () => {
    const change = (edit: (query: URLSearchParams) => void): Attempt => ({ callback: edit });
    await refuses(
      'another state',
      change((query) => query.set('state', 'x'.repeat(43))),
    );
    await refuses(
      'no state',
      change((query) => query.delete('state')),
    );
    await refuses(
      'two states',
      change((query) => query.append('state', 'x')),
    );
    await refuses(
      'another issuer',
      change((query) => query.set('iss', 'https://other.example')),
    );
    await refuses(
      'no issuer, where one was promised',
      change((query) => query.delete('iss')),
    );
    await refuses(
      'two codes',
      change((query) => query.append('code', 'other')),
    );
    await refuses(
      'no code',
      change((query) => query.delete('code')),
    );
    assert.equal(hostile.asked.filter(({ path }) => path === '/token').length, 0);
    hostile.discovery = { authorization_response_iss_parameter_supported: undefined };
    assert.equal((await attempt(change((query) => query.delete('iss')))).id, '00u1');
    await refuses(
      'an issuer that nobody promised, and that is another',
      change((query) => query.set('iss', 'https://other.example')),
    );
  });

  test('that the provider refuses is refused, and its words are nowhere', async () => {
    const denied = (error: string): Attempt => ({
      callback(query) {
        query.delete('code');
        query.set('error', error);
        query.set('error_description', '<script>canary</script>');
      },
    });
    await refuses('access denied', denied('access_denied'), /did not sign you in: access_denied$/);
    await refuses('a code with markup', denied('<img src=x>'), /an error of another form$/);
    hostile.replies.set('/token', json({ error: 'invalid_grant', error_description: 'canary-code' }, 400));
    await refuses('a code that was used', {}, /not one that signs you in/);
    for (const reply of [{ access_token: 1 }, { token_type: 'Bearer' }, 'text', null]) {
      hostile.replies.set('/token', json(reply));
      await refuses(JSON.stringify(reply), {});
    }
  });
});

describe('who it is', () => {
  test('is a name that the provider vouches for', async () => {
    assert.equal((await attempt({ idToken: withClaims({ email_verified: 'true' }) })).name, 'ann@example.com');
    for (const flag of [false, 'false', undefined, 1, null, 'yes'])
      await refuses(String(flag), { idToken: withClaims({ email_verified: flag }) }, /not verified/);
    const trusting = { trustEmail: true };
    assert.equal((await attempt({ settings: trusting, idToken: withClaims({ email_verified: undefined }) })).name, 'ann@example.com');
    for (const email of ['', 7, ['ann@example.com'], 'ann@example.com, boss', 'ann\u202e@example.com', {}])
      await refuses(JSON.stringify(email), { settings: trusting, idToken: withClaims({ email }) }, /email is missing or malformed/);
    const named = { claims: { id: 'oid', name: 'preferred_username', groups: 'groups' } };
    const profile = await attempt({ settings: named, idToken: withClaims({ oid: 'o1', preferred_username: 'ann@corp.example' }) });
    assert.deepEqual([profile.id, profile.name], ['o1', 'ann@corp.example']);
    await refuses('no such id', { settings: named, idToken: withClaims({ preferred_username: 'ann' }) }, /oid is missing/);
  });

  test('is of a domain that the provider speaks for, and of the organisation that is asked for', async () => {
    const ours = { domains: ['example.com'] };
    assert.equal((await attempt({ settings: ours })).name, 'ann@example.com');
    for (const email of [
      'ann@other.example',
      'ann@example.com.evil.test',
      'ann@sub.example.com',
      'ann@example.com@evil.test',
      'ann@evil.test@example.com',
      'example.com',
    ])
      await refuses(email, { settings: ours, idToken: withClaims({ email }) }, /domain/);
    const hosted = { require: { hd: ['example.com', 'example.org'] } };
    assert.equal((await attempt({ settings: hosted, idToken: withClaims({ hd: 'example.org' }) })).id, '00u1');
    for (const hd of [undefined, 'other.example', '', ['other.example'], { example: 'com' }])
      await refuses(JSON.stringify(hd), { settings: hosted, idToken: withClaims({ hd }) }, /claim hd/);
  });

  test('has the groups that the provider says, and where it does not say, nobody comes in', async () => {
    const groupsOf = async (claims: Record<string, unknown>, more: Partial<OidcSettings> = {}) =>
      (await attempt({ settings: more, idToken: withClaims(claims) })).groups;
    assert.deepEqual(await groupsOf({ groups: ['b', 'a', 'b'] }), ['b', 'a']);
    assert.deepEqual(await groupsOf({ groups: 'one' }), ['one']);
    assert.deepEqual(await groupsOf({ groups: [] }), []);
    await refuses('no claim', { idToken: withClaims({ groups: undefined }) }, /did not say which groups/);
    const lenient = { groups: { from: 'token', missing: 'none', prefix: '' } } as const;
    assert.deepEqual(await groupsOf({ groups: undefined }, lenient), []);
    for (const groups of [7, null, { admins: true }, ['a', 7], ['a', ''], ['a,b'], [['a']], ['admins\u200b'], Array.from({ length: 1001 }, String)]) {
      await refuses(JSON.stringify(groups).slice(0, 40), { idToken: withClaims({ groups }) });
      await refuses(JSON.stringify(groups).slice(0, 40), { settings: lenient, idToken: withClaims({ groups }) });
    }
    assert.deepEqual(await groupsOf({ groups: ['a'] }, { groups: { from: 'token', missing: 'refuse', prefix: 'contractors/' } }), ['contractors/a']);
    assert.deepEqual(await groupsOf({ groups: ['a'] }, { groups: { from: 'none', missing: 'refuse', prefix: '' } }), []);
  });

  test('has groups behind a path, as Keycloak has them, or under a name with dots, as others do', async () => {
    const at = (groups: string) => ({ claims: { id: 'sub', name: 'email', groups } });
    const claims = { realm_access: { roles: ['admin'] }, 'https://corp.example/groups': ['ops'], groups: { 'a.b': ['no'] } };
    const groupsAt = async (path: string) => (await attempt({ settings: at(path), idToken: withClaims(claims) })).groups;
    assert.deepEqual([await groupsAt('realm_access.roles'), await groupsAt('https://corp.example/groups')], [['admin'], ['ops']]);
    for (const path of ['realm_access', 'realm_access.roles.0', 'realm_access.other', 'realm_access.constructor', '__proto__.x', 'groups.a.b'])
      await refuses(path, { settings: at(path), idToken: withClaims(claims) });
  });

  test('has groups of userinfo where they are there, and only of the userinfo of this very person', async () => {
    const asked = { groups: { from: 'userinfo', missing: 'refuse', prefix: '' } } as const;
    hostile.replies.set('/userinfo', json({ sub: '00u1', groups: ['of-userinfo'] }));
    assert.deepEqual((await attempt({ settings: asked })).groups, ['of-userinfo']);
    assert.equal(hostile.asked.at(-1)?.authorization, 'Bearer canary-access-token');
    const replies = [{ sub: 'boss', groups: ['admins'] }, { groups: ['admins'] }, { sub: ['00u1'], groups: [] }, { sub: '00u1' }, [], 'x'];
    for (const reply of replies) {
      hostile.replies.set('/userinfo', json(reply));
      await refuses(JSON.stringify(reply), { settings: asked });
    }
    hostile.replies.set(
      '/userinfo',
      (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"sub":"00u1","groups":["a"],"groups":["admins"]}'),
    );
    await assert.rejects(attempt({ settings: asked }));
    hostile.replies.set('/userinfo', json({}, 401));
    await refuses('userinfo that is refused', { settings: asked });
  });

  test('takes a name from userinfo that the token does not have', async () => {
    hostile.replies.set('/userinfo', json({ sub: '00u1', email: 'ann@example.com', email_verified: true }));
    assert.equal((await attempt({ idToken: withClaims({ email: undefined, email_verified: undefined }) })).name, 'ann@example.com');
    hostile.replies.set('/userinfo', json({ sub: '00u1', email: 'ann@example.com' }));
    await refuses('a flag of the token for an address of userinfo', { idToken: withClaims({ email: undefined }) }, /not verified/);
  });
});

describe('too many groups for a token', () => {
  const overages = [
    { groups: undefined, _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'http://169.254.169.254/latest/canary' } } },
    { groups: undefined, hasgroups: true },
    { groups: undefined, hasgroups: 'true' },
  ];

  test('are not taken for none: the sign-in is refused, and says what to configure', async () => {
    for (const claims of overages)
      for (const missing of ['refuse', 'none'] as const)
        await refuses(
          JSON.stringify(claims),
          { settings: { groups: { from: 'token', missing, prefix: '' } }, idToken: withClaims(claims) },
          /more groups than fit/,
        );
  });

  test('are asked for at the configured Graph, and never at the address that the token names', async () => {
    const graph = { groups: { from: 'token', missing: 'refuse', prefix: '', graph: `${hostile.issuer}/v1.0/` } } as const;
    hostile.replies.set('/v1.0/me/getMemberGroups', json({ value: ['7c6e…'.slice(0, 4), 'b2'] }));
    for (const claims of overages) assert.deepEqual((await attempt({ settings: graph, idToken: withClaims(claims) })).groups, ['7c6e', 'b2']);
    const asked = hostile.asked.findLast(({ path }) => path.startsWith('/v1.0'));
    assert.deepEqual([asked?.authorization, asked?.body], ['Bearer canary-access-token', '{"securityEnabledOnly":false}']);
    assert.deepEqual((await attempt({ settings: graph })).groups, ['staff']);
    for (const [reply, status] of [
      [{ error: {} }, 403],
      [{ value: 'all' }, 200],
      [{ value: [1] }, 200],
      [{}, 200],
    ] as const) {
      hostile.replies.set('/v1.0/me/getMemberGroups', json(reply, status));
      await refuses(JSON.stringify(reply), { settings: graph, idToken: withClaims({ groups: undefined, hasgroups: true }) });
    }
  });
});

describe('what a provider names', () => {
  const unreachable = { code: 'upstream_unreachable' };

  test('is reached on its own host, and elsewhere only by TLS and where it is public', async () => {
    assert.equal((await attempt({})).id, '00u1');
    for (const place of [
      'https://169.254.169.254/token',
      'https://10.0.0.1/token',
      'https://[::1]/token',
      'https://[::ffff:127.0.0.1]/token',
      'https://metadata.google.internal/token',
      'https://2130706433/token',
    ]) {
      hostile.discovery = { token_endpoint: place };
      await assert.rejects(attempt({}), unreachable, place);
      hostile.discovery = { jwks_uri: place };
      await assert.rejects(attempt({}), unreachable, place);
      hostile.discovery = { userinfo_endpoint: place };
      await assert.rejects(attempt({ settings: { groups: { from: 'userinfo', missing: 'refuse', prefix: '' } } }), unreachable, place);
    }
    hostile.discovery = { token_endpoint: 'http://other.example/token' };
    await assert.rejects(attempt({}), { code: 'upstream_invalid' });
    hostile.discovery = { token_endpoint: 'file:///etc/passwd' };
    await assert.rejects(attempt({}));
  });

  test('is asked once: redirects, endless documents and documents that two readers read in two ways are refused', async () => {
    hostile.replies.set('/token', (response) => void response.writeHead(307, { location: `${hostile.issuer}/elsewhere` }).end());
    await refuses('a redirect', {});
    assert.ok(!hostile.asked.some(({ path }) => path === '/elsewhere'));
    hostile.replies.set('/token', (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(`"${'x'.repeat(600_000)}"`));
    await assert.rejects(attempt({}), { code: 'upstream_invalid' });
    hostile.replies.set(
      '/token',
      (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"access_token":"a","access_token":"b"}'),
    );
    await assert.rejects(attempt({}), { code: 'json_ambiguous' });
  });

  test('is of the issuer that was configured, exactly, or nobody is sent there', async () => {
    for (const issuer of ['https://other.example', `${hostile.issuer}/`, hostile.issuer.replace('127.0.0.1', 'localhost'), undefined]) {
      hostile.discovery = { issuer };
      await assert.rejects(open().begin({ base: BASE }), { code: 'upstream_invalid' }, issuer);
    }
    hostile.discovery = {};
    hostile.replies.set('/.well-known/openid-configuration', json({}, 500));
    await assert.rejects(open().begin({ base: BASE }), { code: 'upstream_invalid' });
    await assert.rejects(open({ issuer: 'http://127.0.0.1:9' }).begin({ base: BASE }), unreachable);
  });
});
