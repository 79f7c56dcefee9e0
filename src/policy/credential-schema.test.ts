import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ResourcesError } from './problem.ts';
import { parseResources } from './resources.ts';

const HTTP = { protocol: 'mcp', address: 'https://target.example/mcp' };
const read = (credential: object, more: object = HTTP) =>
  parseResources([{ file: 'test.yaml', text: JSON.stringify({ kind: 'Target', name: 'lab', owners: ['group:owners'], ...more, credential }) }]).targets[0]
    ?.credential;

const problemOf = (credential: object, more?: object): string => {
  try {
    read(credential, more);
  } catch (error) {
    assert.ok(error instanceof ResourcesError);
    return error.problems.map(({ message, fix }) => `${message}: ${fix}`).join('; ');
  }
  return 'none';
};

const client = { id: 'sallyport', secret: { sealed: 'oauth' } };
const tokenEndpoint = 'https://login.example/token';

test('every kind of credential is read with its defaults', () => {
  assert.deepEqual(read({ bearer: { vault: { path: 'a/b', field: 'token' } } }), {
    bearer: { vault: { mount: 'secret', path: 'a/b', field: 'token', engine: 2 } },
  });
  assert.deepEqual(read({ clientCredentials: { tokenEndpoint, client } }), {
    clientCredentials: { tokenEndpoint, client: { ...client, sendSecret: 'basic' } },
  });
  assert.deepEqual(read({ perPerson: {} }), { perPerson: {} });
  assert.deepEqual(read({ signedIdentity: {} }), { signedIdentity: { header: 'x-sallyport-identity', lifetimeMs: 60_000 } });
  assert.deepEqual(read({ env: { TOKEN: { sealed: 'token' } } }, { protocol: 'mcp', command: ['server'] }), { env: { TOKEN: { sealed: 'token' } } });
});

test('what could not work, or would let a caller or a document speak for the gateway, is refused where it stands', () => {
  const refused: readonly (readonly [credential: object, says: RegExp])[] = [
    [{ bearer: { sealed: 'Not A Name' } }, /sealed/],
    [{ bearer: { sealed: '../other' } }, /sealed/],
    [{ bearer: { vault: { path: '../sys/seal', field: 'x' } } }, /path/],
    [{ bearer: { vault: { path: '/a', field: 'x' } } }, /path/],
    [{ bearer: { vault: { path: 'a%2f..', field: 'x' } } }, /path/],
    [{ bearer: { vault: { path: 'a', field: 'x', engine: 3 } } }, /engine/],
    [{ bearer: { env: 'A', sealed: 'b' } }, /exactly one/],
    [{ header: { name: 'Host', value: { env: 'A' } } }, /belongs to the protocol/],
    [{ header: { name: 'mcp_session_id', value: { env: 'A' } } }, /belongs to the protocol/],
    [{ signedIdentity: { header: 'Mcp-Param-User' } }, /belongs to the protocol/],
    [{ signedIdentity: { lifetime: '1h' } }, /between 10s and 10m/],
    [{ clientCredentials: { tokenEndpoint, client: { id: 'x' } } }, /cannot prove who it is/],
    [{ clientCredentials: { tokenEndpoint, client: { ...client, privateKey: { env: 'A' } } } }, /a secret or a private key/],
    [{ clientCredentials: { tokenEndpoint: 'http://169.254.169.254/token', client } }, /metadata service or link-local/],
    [{ tokenExchange: { tokenEndpoint: 'file:///etc/passwd', client } }, /scheme file/],
    [{ perPerson: { parameters: { redirect_uri: 'https://attacker.example' } } }, /the gateway's own/],
    [{ perPerson: { parameters: { state: 'x' } } }, /the gateway's own/],
    [{ perPerson: { scopes: ['a b'] } }, /no spaces/],
    [{ perPerson: {}, bearer: { env: 'A' } }, /exactly one/],
    [{ login: { user: 'app', password: { env: 'A' } } }, /not for MCP servers/],
  ];
  for (const [credential, says] of refused) assert.match(problemOf(credential), says, JSON.stringify(credential));
  assert.match(problemOf({ perPerson: {} }, { protocol: 'mcp', command: ['server'] }), /from its environment/);
});
