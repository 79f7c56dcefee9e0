import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSallyportError } from '../core/error.ts';
import { parseConfig, type Config } from './config.ts';

const parse = (identity: object, more: object = {}): Config =>
  parseConfig('/etc/sallyport/sallyport.yaml', JSON.stringify({ url: 'https://gw.example/', identity, ...more }));

function refused(identity: object, why: RegExp): void {
  assert.throws(
    () => parse(identity),
    (error) => isSallyportError(error, 'config_invalid') && why.test(error.message),
    JSON.stringify(identity),
  );
}

const GITHUB = 'https://token.actions.githubusercontent.com';
const release = { name: 'release', issuer: GITHUB, match: { repository: 'acme/models', ref: ['refs/heads/main', 'refs/tags/v*'] }, groups: ['ci'] };

test('workloads, clients and agents as a gateway runs with them: the audience is its own URL, files are beside the configuration', () => {
  const { machines } = parse({
    workloads: [
      release,
      { ...release, name: 'pods', issuer: 'https://k8s.example', audience: 'sallyport', keys: { file: 'cluster.json' }, reuse: 'until-expiry' },
    ],
    clients: [
      { id: 'nightly', kind: 'workload', secret: { env: 'NIGHTLY' } },
      { id: 'helper', kind: 'ai-agent', keys: { url: 'https://agents.example/jwks' }, actsFor: ['group:staff'] },
    ],
    issuers: [{ issuer: 'https://agents.example', audience: 'x', kind: 'ai-agent', actsFor: ['person:ann'] }],
  });
  assert.deepEqual(
    machines.workloads.map(({ name, audience, keys, reuse, match }) => [name, audience, keys, reuse, match['repository']]),
    [
      ['release', 'https://gw.example', undefined, 'once', ['acme/models']],
      ['pods', 'sallyport', { file: '/etc/sallyport/cluster.json' }, 'until-expiry', ['acme/models']],
    ],
  );
  assert.deepEqual(machines.actors, [
    { issuer: 'https://gw.example', id: 'helper', actsFor: ['group:staff'] },
    { issuer: 'https://agents.example', actsFor: ['person:ann'] },
  ]);
});

test('what would let in more than was meant is refused with its place and the fix', () => {
  refused({ workloads: [{ ...release, match: {} }] }, /does not say which tokens .*repository: acme\/models/);
  refused({ workloads: [{ ...release, match: { ref: 'refs/heads/main' } }] }, /everybody gets tokens/);
  refused({ workloads: [release, release] }, /two workloads have one name/);
  refused(
    {
      workloads: [
        { ...release, keys: { file: 'a' } },
        { ...release, name: 'other' },
      ],
    },
    /one issuer has different keys/,
  );
  refused({ workloads: [{ ...release, issuer: 'ftp://x' }] }, /a URL, or spiffe/);
  refused({ clients: [{ id: 'x', kind: 'workload' }] }, /not said, or twice/);
  refused({ clients: [{ id: 'x', kind: 'workload', secret: { env: 'X' }, keys: { file: 'y' } }] }, /not said, or twice/);
  refused({ clients: [{ id: 'x', kind: 'workload', secret: { env: 'X' }, actsFor: ['group:a'] }] }, /only AI agents act for people/);
  refused({ clients: [{ id: 'x', kind: 'ai-agent', secret: { env: 'X' }, actsFor: ['*'] }] }, /group:NAME or person:NAME/);
  refused({ clients: [{ id: 'x', kind: 'person', secret: { env: 'X' } }] }, /kind/);
  refused({ issuers: [{ issuer: 'https://i.example', audience: 'x', actsFor: ['group:a'] }] }, /only AI agents act for people/);
  refused({ oauth: 'off', workloads: [release] }, /OAuth server, which is off/);
});
