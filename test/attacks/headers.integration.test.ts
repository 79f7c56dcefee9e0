import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { META, startBench, type Bench, type RequestParts } from './bench.ts';
import { denied, forwarded, meets, rejected, type Fate } from './expect.ts';

let bench: Bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());

const look: RequestParts = { name: 'look', params: { arguments: {} } };
const encoded = (text: string): string => `=?base64?${Buffer.from(text).toString('base64')}?=`;
const MISMATCH = rejected(400, -32020);

const cases: readonly (readonly [what: string, parts: RequestParts, fate: Fate])[] = [
  ['headers and body agree', look, forwarded],
  ['the name is wrapped in base64', { ...look, headers: { 'Mcp-Name': encoded('look') } }, forwarded],
  ['spaces around a header value are not part of it', { ...look, headers: { 'Mcp-Name': '  look\t' } }, forwarded],
  ['the name of a denied tool is said in both', { name: 'shell', params: { arguments: {} } }, denied],
  ['Mcp-Name is missing', { ...look, headers: { 'Mcp-Name': undefined } }, MISMATCH],
  ['Mcp-Name is empty', { ...look, headers: { 'Mcp-Name': '' } }, MISMATCH],
  ['Mcp-Name names another tool', { name: 'shell', params: { arguments: {} }, headers: { 'Mcp-Name': 'look' } }, MISMATCH],
  ['Mcp-Name is of another case', { ...look, headers: { 'Mcp-Name': 'Look' } }, MISMATCH],
  ['Mcp-Name is of another width', { ...look, headers: { 'Mcp-Name': encoded('ｌｏｏｋ') } }, MISMATCH],
  ['Mcp-Name ends in a space that its wrapping keeps', { ...look, headers: { 'Mcp-Name': encoded('look ') } }, MISMATCH],
  ['Mcp-Name is wrapped twice', { ...look, headers: { 'Mcp-Name': encoded(encoded('look')) } }, MISMATCH],
  ['Mcp-Name is percent-encoded', { ...look, headers: { 'Mcp-Name': 'l%6Fok' } }, MISMATCH],
  ['Mcp-Name is wrapped in base64 that is none', { ...look, headers: { 'Mcp-Name': '=?base64?l*ok?=' } }, MISMATCH],
  ['Mcp-Name is wrapped in base64 of no UTF-8', { ...look, headers: { 'Mcp-Name': '=?base64?/w==?=' } }, MISMATCH],
  ['Mcp-Name is sent twice', { ...look, headers: { 'Mcp-Name': ['look', 'shell'] } }, rejected(400)],
  ['Mcp-Name is sent twice alike', { ...look, headers: { 'Mcp-Name': ['look', 'look'] } }, rejected(400)],
  ['Mcp-Method is missing', { ...look, headers: { 'Mcp-Method': undefined } }, MISMATCH],
  ['Mcp-Method is of another case', { ...look, headers: { 'Mcp-Method': 'Tools/Call' } }, MISMATCH],
  ['Mcp-Method names another method', { ...look, headers: { 'Mcp-Method': 'ping' } }, MISMATCH],
  ['Mcp-Method is sent twice', { ...look, headers: { 'Mcp-Method': ['tools/call', 'tools/list'] } }, rejected(400)],
  ['the version header is missing', { ...look, headers: { 'MCP-Protocol-Version': undefined } }, MISMATCH],
  ['the version header is older', { ...look, headers: { 'MCP-Protocol-Version': '2025-11-25' } }, MISMATCH],
  ['the version header is sent twice', { ...look, headers: { 'MCP-Protocol-Version': ['2026-07-28', '2025-11-25'] } }, rejected(400)],
  [
    'both versions are unknown',
    {
      headers: { 'MCP-Protocol-Version': '2099-01-01', 'Mcp-Name': 'look' },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'look', _meta: { ...META, 'io.modelcontextprotocol/protocolVersion': '2099-01-01' } },
      }),
    },
    rejected(400, -32022),
  ],
  [
    'the body names no version',
    { ...look, headers: { 'Mcp-Name': 'look' }, body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"look"}}' },
    rejected(400),
  ],
  ['the body’s version is a number', { headers: { 'Mcp-Name': 'look' }, body: body('look', '20260728') }, rejected(400)],
  ['the body’s version is null', { headers: { 'Mcp-Name': 'look' }, body: body('look', 'null') }, rejected(400)],
  ['a legacy version that never was', { ...look, era: 'legacy', headers: { 'MCP-Protocol-Version': '2025-99-99' } }, rejected(400)],
  ['legacy, without a version', { ...look, era: 'legacy' }, forwarded],
  ['legacy, a name header that lies decides nothing', { ...look, era: 'legacy', headers: { 'Mcp-Name': 'shell', 'Mcp-Method': 'tools/list' } }, forwarded],
  ['legacy, a name header that lies hides nothing', { name: 'shell', era: 'legacy', headers: { 'Mcp-Name': 'look' } }, denied],
];

function body(name: string, version: string): string {
  const meta = `"io.modelcontextprotocol/protocolVersion":${version},"io.modelcontextprotocol/clientCapabilities":{}`;
  return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":${JSON.stringify(name)},"_meta":{${meta}}}}`;
}

for (const [what, parts, fate] of cases) test(`${what}: ${fate.fate}`, () => meets(bench, parts, fate, what));

const route = (args: object, headers: Record<string, string | readonly string[]>): RequestParts => ({ name: 'route', params: { arguments: args }, headers });
const params: readonly (readonly [what: string, parts: RequestParts, fate: Fate])[] = [
  ['a parameter and its header agree', route({ region: 'eu' }, { 'Mcp-Param-Region': 'eu' }), forwarded],
  ['a header’s name is of another case', route({ region: 'eu' }, { 'mcp-param-REGION': 'eu' }), forwarded],
  ['a parameter beyond ASCII is wrapped', route({ region: 'süd' }, { 'Mcp-Param-Region': encoded('süd') }), forwarded],
  ['numbers and booleans are compared as they are written', route({ count: 7, dry: true }, { 'Mcp-Param-Count': '7', 'Mcp-Param-Dry': 'true' }), forwarded],
  ['a header that no tool declares goes through', route({}, { 'Mcp-Param-Unheard': 'x' }), forwarded],
  ['neither is there', route({}, {}), forwarded],
  ['the header is missing', route({ region: 'eu' }, {}), MISMATCH],
  ['the parameter is missing', route({}, { 'Mcp-Param-Region': 'eu' }), MISMATCH],
  ['they differ', route({ region: 'eu' }, { 'Mcp-Param-Region': 'us' }), MISMATCH],
  ['they differ in case', route({ region: 'eu' }, { 'Mcp-Param-Region': 'EU' }), MISMATCH],
  ['a number is written otherwise', route({ count: 7 }, { 'Mcp-Param-Count': '7.0' }), MISMATCH],
  ['a boolean is written otherwise', route({ dry: true }, { 'Mcp-Param-Dry': 'True' }), MISMATCH],
  ['null is absent', route({ region: null }, { 'Mcp-Param-Region': 'null' }), MISMATCH],
  ['the header is sent twice', route({ region: 'eu' }, { 'Mcp-Param-Region': ['eu', 'us'] }), rejected(400)],
];

for (const [what, parts, fate] of params) test(`Mcp-Param: ${what}: ${fate.fate}`, () => meets(bench, parts, fate, what));

test('what a caller says of itself, of its address or of the target’s credential does not travel', async () => {
  const claims = {
    'X-Forwarded-User': 'admin',
    X_Forwarded_User: 'admin',
    'X-Forwarded-For': '10.0.0.1',
    Forwarded: 'for=10.0.0.1',
    'X-Api-Key': 'mine',
    Cookie: 'a=b',
    'Proxy-Authorization': 'Basic eDp5',
    Connection: 'x-api-key, keep-alive',
    'X-HTTP-Method-Override': 'DELETE',
    'X-Original-URL': '/mcp/vault',
    'Mcp-Session-Id-Extra': 'x',
  };
  await meets(bench, { ...look, headers: claims }, forwarded, 'identity headers');
  const headers = bench.arrived.at(-1)?.headers ?? {};
  assert.equal(headers['x-api-key'], bench.secret);
  for (const name of [
    'x-forwarded-user',
    'x_forwarded_user',
    'x-forwarded-for',
    'forwarded',
    'cookie',
    'proxy-authorization',
    'authorization',
    'x-http-method-override',
    'x-original-url',
  ])
    assert.equal(headers[name], undefined, name);
  assert.equal(bench.arrived.at(-1)?.path, '/lab');
});
