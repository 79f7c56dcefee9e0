import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse as parseToml } from 'smol-toml';
import { isSallyportError } from '../core/error.ts';
import { mergeServers, writeServers, type Servers } from './server-document.ts';

const json: Servers = { member: 'mcpServers', entries: { models: { type: 'http', url: 'https://gw.example/mcp/models' } } };
const toml: Servers = { member: 'mcp_servers', entries: { models: { url: 'https://gw.example/mcp/models' } } };

test('a document of their own', () => {
  assert.equal(
    writeServers('json', json),
    '{\n  "mcpServers": {\n    "models": {\n      "type": "http",\n      "url": "https://gw.example/mcp/models"\n    }\n  }\n}\n',
  );
  assert.equal(writeServers('toml', toml), '[mcp_servers.models]\nurl = "https://gw.example/mcp/models"\n');
  const bridged = { member: 'mcp_servers', entries: { 'a.b': { command: '/x y', args: ['mcp', 'bridge', 'a.b'], env: { SALLYPORT_HOME: '/h' } } } };
  assert.deepEqual(JSON.parse(JSON.stringify(parseToml(writeServers('toml', bridged)))), { mcp_servers: bridged.entries });
  assert.equal(mergeServers('json', ' \n', json), writeServers('json', json));
  assert.equal(mergeServers('toml', '', toml), writeServers('toml', toml));
});

test('JSON keeps other servers, order, comments and indentation', () => {
  const text =
    '// mine\n{\n\t"inputs": [], // asked for\n\t"mcpServers": {\n\t\t/* another */\n\t\t"other": { "url": "https://other.example" },\n\t},\n\t"z": 1\n}\n';
  const merged = mergeServers('json', text, json);
  for (const kept of ['// mine', '// asked for', '/* another */', '"url": "https://other.example"', '"z": 1', '\t\t"models"'])
    assert.ok(merged.includes(kept), kept);
  assert.equal(mergeServers('json', merged, json), merged);
});

test('JSON without servers gets them, and one that is there already is replaced alone', () => {
  assert.deepEqual(JSON.parse(mergeServers('json', '{"a":1}', json)), { a: 1, ...JSON.parse(writeServers('json', json)) });
  const old = '{"mcpServers":{"models":{"command":"old","env":{"K":"v"}},"other":{}}}';
  assert.deepEqual(JSON.parse(mergeServers('json', old, json)), { mcpServers: { models: json.entries['models'], other: {} } });
});

test('TOML keeps other tables, values and comments, and replaces tables of the same server with all below them', () => {
  const text = [
    '# mine',
    'model = "gpt"',
    '',
    '[mcp_servers.other] # keep',
    'command = "x"',
    '[mcp_servers.models]',
    'command = "old"',
    '[mcp_servers.models.env]',
    'K = "v"',
    '[profiles.a]',
    'text = """',
    'two lines"""',
    'list = [',
    '  "b",',
    ']',
    '',
  ].join('\n');
  const merged = mergeServers('toml', text, toml);
  for (const kept of ['# mine', 'model = "gpt"', '[mcp_servers.other] # keep', 'two lines"""', '  "b",']) assert.ok(merged.includes(kept), kept);
  assert.ok(!merged.includes('old') && !merged.includes('K = '));
  assert.equal(mergeServers('toml', merged, toml), merged);
});

test('what cannot be added to without touching something else is refused', () => {
  for (const [format, text, servers] of [
    ['json', '{"mcpServers":', json],
    ['json', '[]', json],
    ['json', '"text"', json],
    ['json', '{"mcpServers":[]}', json],
    ['json', '{"mcpServers":{}} trailing', json],
    ['toml', 'a = ', toml],
    ['toml', 'mcp_servers = { other = { url = "x" } }\n', toml],
    ['toml', 'mcp_servers.models.url = "x"\n', toml],
    ['toml', '[a]\ntext = """\n[mcp_servers.models]\n"""\n', toml],
    ['toml', '[[mcp_servers.models]]\nurl = "x"\n[b]\n', { ...toml, entries: { other: {}, models: { url: 'y' } } }],
  ] as const)
    try {
      const merged = mergeServers(format, text, servers);
      // Where it goes after all, nothing else has changed.
      assert.equal(format, 'toml', text);
      assert.ok(text.startsWith('[[') && !merged.includes('[['), merged);
    } catch (error) {
      assert.ok(isSallyportError(error, 'conflict'), `${text}: ${String(error)}`);
    }
});
