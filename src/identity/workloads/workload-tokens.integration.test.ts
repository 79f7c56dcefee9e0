import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { listen } from '../../../test/support/listen.ts';
import { readCompact } from '../compact.ts';
import { joinToken, signTestToken, type TestKey } from '../test-issuer.ts';
import { GATEWAY, startBench, type Bench } from './fixtures.ts';
import { isRefusal } from './grant-refusal.ts';
import type { WorkloadRule } from './workload-rule.ts';
import { createWorkloadTokens } from './workload-tokens.ts';

let bench: Bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());

/** The claims of a run on GitHub, as its documentation has them. */
function run(more: Record<string, unknown> = {}): Record<string, unknown> {
  const seconds = bench.clock.now / 1000;
  return {
    iss: bench.issuer.url,
    aud: GATEWAY,
    sub: 'repo:acme/models:environment:production',
    repository: 'acme/models',
    repository_owner: 'acme',
    ref: 'refs/heads/main',
    environment: 'production',
    event_name: 'push',
    job_workflow_ref: 'acme/models/.github/workflows/release.yml@refs/heads/main',
    iat: seconds,
    nbf: seconds,
    exp: seconds + 300,
    jti: crypto.randomUUID(),
    ...more,
  };
}

function rule(more: Partial<WorkloadRule> = {}): WorkloadRule {
  const match = { repository: ['acme/models'], ref: ['refs/heads/main'], environment: ['production'] };
  return { name: 'release', issuer: bench.issuer.url, audience: GATEWAY, match, groups: ['ci'], reuse: 'once', ...more };
}

const sign = (claims: Record<string, unknown>, key: TestKey = bench.keys.rsa, header: Record<string, unknown> = {}): Promise<string> =>
  signTestToken({ key, claims, header });

/** The name of the workload, or why there is none. */
async function outcome(
  token: string,
  { rules = [rule()], target = 'models' }: { readonly rules?: readonly WorkloadRule[]; readonly target?: string } = {},
): Promise<string> {
  const compact = readCompact(token);
  if (!compact) return 'unreadable';
  const proven = await createWorkloadTokens({ rules, ...bench.parts })(compact, target);
  return isRefusal(proven) ? `${proven.reason} | ${proven.note ?? ''}` : proven.subject.name;
}

describe('a token of a CI run', () => {
  test('becomes the workload that its claims make it, with the rule’s groups, until it ends', async () => {
    const compact = readCompact(await sign(run()));
    assert.ok(compact);
    const proven = await createWorkloadTokens({ rules: [rule()], ...bench.parts })(compact, 'models');
    assert.deepEqual(proven, {
      subject: { kind: 'workload', id: 'release/repo:acme/models:environment:production', name: 'release', groups: ['ci'], issuer: bench.issuer.url },
      expiresAt: bench.clock.now + 300_000,
    });
  });

  for (const [says, claims, why] of [
    ['another repository', { repository: 'acme/website' }, /release: repository is acme\/website/],
    ['a repository whose name only begins alike', { repository: 'acme/models-fork' }, /repository is/],
    ['a fork of the repository', { repository: 'mallory/models', repository_owner: 'mallory' }, /repository is mallory\/models/],
    ['another branch', { ref: 'refs/heads/feature' }, /ref is refs\/heads\/feature/],
    ['a tag of the branch’s name', { ref: 'refs/tags/main' }, /ref is refs\/tags\/main/],
    ['another environment', { environment: 'staging' }, /environment is staging/],
    ['no environment', { environment: undefined }, /environment is missing/],
    ['a list where a text is asked for', { repository: ['acme/models'] }, /repository is missing/],
    ['a pull request', { event_name: 'pull_request', ref: 'refs/pull/7/merge' }, /ref is refs\/pull\/7\/merge/],
    ['a pull request from a fork that has the default branch’s ref', { event_name: 'pull_request_target' }, /event_name is pull_request_target/],
    ['a run that a pull request’s run started', { event_name: 'workflow_run' }, /event_name is workflow_run/],
    ['a comment of anybody', { event_name: 'issue_comment' }, /event_name is issue_comment/],
    ['another audience', { aud: 'https://elsewhere.example' }, /not for this gateway alone/],
    ['an audience beside ours', { aud: [GATEWAY, 'https://elsewhere.example'] }, /not for this gateway alone/],
    ['no audience', { aud: undefined }, /not for this gateway alone/],
    ['another issuer', { iss: 'https://token.actions.githubusercontent.com' }, /issuer that is not accepted/],
    ['no issuer', { iss: undefined }, /issuer that is not accepted/],
    ['no subject', { sub: undefined }, /does not say who/],
    ['a subject that a reader could misread', { sub: 'repo:acme/models:ref:refs/heads/a,b' }, /does not say who/],
    ['a proof of possession', { cnf: { jkt: 'x' } }, /bound to a key/],
    ['an id that is no text', { jti: 7 }, /malformed/],
  ] as const)
    test(`with ${says} is nobody here`, async () => {
      assert.equal(await outcome(await sign(run())), 'release');
      const given = Object.fromEntries(Object.entries({ ...run(), ...claims }).filter(([, value]) => value !== undefined));
      assert.match(await outcome(await sign(given)), why);
    });

  for (const [says, times, why] of [
    ['has expired', { exp: -1 }, /expired/],
    ['expires this very second', { exp: 0 }, /expired/],
    ['never expires', { exp: undefined }, /when it expires/],
    ['lives for a year', { exp: 31_536_000 }, /longer than/],
    ['is of the future', { iat: 120 }, /not valid yet/],
    ['is not valid yet', { nbf: 120 }, /not valid yet/],
  ] as const)
    test(`is refused where it ${says}`, async () => {
      assert.equal(await outcome(await sign(run({ exp: bench.clock.now / 1000 + 60 }))), 'release');
      const [[name, seconds] = ['', undefined]] = Object.entries(times);
      const claims = run();
      if (seconds === undefined) delete claims[name];
      else claims[name] = bench.clock.now / 1000 + seconds;
      assert.match(await outcome(await sign(claims)), why);
    });

  test('counts once for each target, in whichever process', async () => {
    const token = await sign(run());
    assert.equal(await outcome(token), 'release');
    assert.match(await outcome(token), /exchanged for this target before/);
    assert.equal(await outcome(token, { target: 'billing' }), 'release');
    assert.equal(await outcome(await sign(run())), 'release');
  });

  test('counts until it ends where its platform hands out the same one again and again', async () => {
    const token = await sign(run());
    const rules = [rule({ reuse: 'until-expiry' })];
    assert.deepEqual([await outcome(token, { rules }), await outcome(token, { rules })], ['release', 'release']);
  });

  test('has to be signed by a key of its issuer, with that key’s algorithm', async () => {
    const claims = run();
    assert.equal(await outcome(await sign(claims)), 'release');
    assert.match(await outcome(await sign(run(), bench.keys.stranger)), /signature/);
    assert.equal(await outcome(joinToken({ alg: 'none', typ: 'JWT' }, run(), '')), 'unreadable');
    assert.equal(await outcome(joinToken({ alg: 'none', typ: 'JWT' }, run(), 'x')), 'unreadable');
    const [header, body] = [{ alg: 'HS256', kid: 'rsa', typ: 'JWT' }, run()];
    const unsigned = joinToken(header, body, '').slice(0, -1);
    const mac = createHmac('sha256', JSON.stringify(bench.keys.rsa.jwk)).update(unsigned).digest();
    assert.equal(await outcome(joinToken(header, body, mac)), 'unreadable');
    assert.match(await outcome(await sign(run(), { ...bench.keys.ec, kid: 'rsa' })), /signature/);
    const [head = '', , signature = ''] = (await sign(claims)).split('.');
    const changed = Buffer.from(JSON.stringify(run({ repository: 'acme/models', jti: 'other' }))).toString('base64url');
    assert.match(await outcome(`${head}.${changed}.${signature}`), /signature/);
  });

  test('is of its own kind: an access token, a logout token or an identity assertion is none', async () => {
    assert.equal(await outcome(await sign(run(), bench.keys.rsa, { typ: undefined })), 'release');
    for (const typ of ['at+jwt', 'logout+jwt', 'oauth-id-jag+jwt', 'dpop+jwt'])
      assert.match(await outcome(await sign(run(), bench.keys.rsa, { typ })), /another kind/);
  });
});

describe('rules', () => {
  test('of several the first that fits makes the workload', async () => {
    const rules = [rule(), rule({ name: 'branches', match: { repository: ['acme/*'] } })];
    assert.equal(await outcome(await sign(run()), { rules }), 'release');
    assert.equal(await outcome(await sign(run({ ref: 'refs/heads/x' })), { rules }), 'branches');
    assert.match(await outcome(await sign(run({ repository: 'other/x' })), { rules }), /release: repository .*; branches: repository/);
  });

  test('name the events of pull requests where they are meant', async () => {
    const rules = [rule({ match: { repository: ['acme/models'], event_name: ['pull_request'] } })];
    assert.equal(await outcome(await sign(run({ event_name: 'pull_request' })), { rules }), 'release');
    assert.match(await outcome(await sign(run({ event_name: 'pull_request_target' })), { rules }), /event_name/);
  });

  test('each have an audience, and a token for one is none for the other', async () => {
    const rules = [rule({ audience: 'a' }), rule({ name: 'other', audience: 'b' })];
    assert.deepEqual([await outcome(await sign(run({ aud: 'a' })), { rules }), await outcome(await sign(run({ aud: 'b' })), { rules })], ['release', 'other']);
    assert.match(await outcome(await sign(run()), { rules }), /not for this gateway/);
  });
});

describe('clusters and SPIFFE', () => {
  const seconds = (): number => bench.clock.now / 1000;

  test('a service account’s token is told by namespace and name, with keys from a file', async () => {
    const file = join(bench.folder, 'cluster.json');
    await writeFile(file, JSON.stringify({ keys: [bench.keys.rsa.jwk] }));
    const issuer = 'https://kubernetes.default.svc.cluster.local';
    const match = { 'kubernetes.io/namespace': ['ml'], 'kubernetes.io/serviceaccount/name': ['trainer'] };
    const rules = [rule({ name: 'trainer', issuer, keys: { file }, match })];
    const pod = (namespace: string) => ({
      iss: issuer,
      aud: [GATEWAY],
      sub: `system:serviceaccount:${namespace}:trainer`,
      exp: seconds() + 3600,
      'kubernetes.io': { namespace, serviceaccount: { name: 'trainer', uid: 'u' } },
    });
    assert.equal(await outcome(await sign(pod('ml')), { rules }), 'trainer');
    assert.match(await outcome(await sign(pod('dev')), { rules }), /namespace is dev/);
  });

  test('a JWT-SVID is told by its SPIFFE ID, with the keys of its bundle that are for such tokens', async () => {
    const issuer = 'spiffe://prod.example';
    bench.issuer.replies.set('/bundle', (response) => {
      const keys = [
        { ...bench.keys.ec.jwk, use: 'jwt-svid' },
        { ...bench.keys.rsa.jwk, use: 'x509-svid' },
      ];
      response.end(JSON.stringify({ keys, spiffe_sequence: 1, spiffe_refresh_hint: 300 }));
    });
    const rules = [rule({ name: 'scorer', issuer, keys: { url: `${bench.issuer.url}/bundle` }, match: { sub: [`${issuer}/ns/ml/*`] } })];
    const svid = (sub: string, more: object = {}) => ({ aud: [GATEWAY], sub, exp: seconds() + 300, ...more });
    assert.equal(await outcome(await sign(svid(`${issuer}/ns/ml/scorer`), bench.keys.ec), { rules }), 'scorer');
    assert.equal(await outcome(await sign(svid(`${issuer}/ns/ml/scorer`, { iss: 'https://spire.example' }), bench.keys.ec), { rules }), 'scorer');
    assert.match(await outcome(await sign(svid(`${issuer}/ns/dev/scorer`), bench.keys.ec), { rules }), /sub is/);
    assert.match(await outcome(await sign(svid('spiffe://prod.example.evil/ns/ml/x'), bench.keys.ec), { rules }), /issuer that is not accepted/);
    assert.match(await outcome(await sign(svid(`${issuer}/ns/ml/scorer`), bench.keys.rsa), { rules }), /signature/);
  });
});

describe('keys', () => {
  test('that an issuer publishes inside a network that it does not belong to are not read', async () => {
    const inside = createServer((_request, response) => void response.end(JSON.stringify({ keys: [bench.keys.rsa.jwk] })));
    const { port, close } = await listen(inside);
    assert.equal(await outcome(await sign(run())), 'release');
    for (const jwks_uri of [
      `http://localhost:${port}/jwks`,
      `http://[::1]:${port}/jwks`,
      'http://169.254.169.254/latest/meta-data',
      'http://10.0.0.1/jwks',
      'file:///etc/passwd',
      'http://metadata.google.internal/x',
    ]) {
      bench.issuer.discovery = { jwks_uri };
      assert.match(await outcome(await sign(run())), /cannot be read/, jwks_uri);
    }
    bench.issuer.discovery = {};
    await close();
  });

  test('at an address that serves a cloud’s credentials, and behind a redirect, are not read either', async () => {
    for (const url of ['http://169.254.169.254/latest/meta-data', 'http://[fd00:ec2::254]/x', 'http://metadata.google.internal/x'])
      assert.match(await outcome(await sign(run()), { rules: [rule({ keys: { url } })] }), /cannot be read/, url);
    bench.issuer.replies.set('/moved', (response) => void response.writeHead(302, { location: `${bench.issuer.url}/jwks` }).end());
    assert.match(await outcome(await sign(run()), { rules: [rule({ keys: { url: `${bench.issuer.url}/moved` } })] }), /cannot be read/);
    assert.equal(await outcome(await sign(run()), { rules: [rule({ keys: { url: `${bench.issuer.url}/jwks` } })] }), 'release');
  });
});
