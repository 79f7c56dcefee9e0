import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');
const CASES = resolve(ROOT, process.env['SALLYPORT_CASES'] ?? '../shared/cases');
const RUNNER = join(CASES, 'run-mcp.mjs');
/** Categories in which every verdict that can be checked must hold. */
const HELD = [
  'header-body-differential',
  'json-differential',
  'jsonrpc-semantics',
  'tool-name-confusion',
  'http-transport',
  'token',
  'tool-result',
  'resource-path',
  'argument-semantics',
  'tool-metadata',
  'approval-integrity',
  'audit-console',
  'oauth-discovery',
  'benign',
];

const PINS = 'src/protocols/mcp/relay-pins.integration.test.ts';
const DISCOVERY = 'test/attacks/oauth-discovery.integration.test.ts';
const DECEPTIONS = 'test/attacks/approval-cases.integration.test.ts';
/** Cases of several steps, which the runner does not play: where each is played here. */
const FLOWS: Readonly<Record<string, readonly [file: string, words: string]>> = {
  'mcp-128': [DISCOVERY, 'and points its challenge to where clouds keep credentials'],
  'mcp-132': [DISCOVERY, 'a name that answers with another address at the second look-up'],
  'mcp-138': [DISCOVERY, 'and names a server that advertises no PKCE'],
  'mcp-139': [DISCOVERY, 'and names an endpoint without TLS is not used'],
  'mcp-142': [DISCOVERY, 'whose redirect only begins like the registered one'],
  'mcp-145': [DISCOVERY, 'whose id leads inside is refused by the real way out'],
  'mcp-156': [PINS, 'a description that changes after it was pinned'],
  'mcp-158': [PINS, 'annotations that flip are a change'],
  'mcp-159': [PINS, 'keys in another order are none'],
  'mcp-174': [PINS, 'a right that was taken away after the list is gone at the call'],
  'mcp-227': [DECEPTIONS, 'an approval after expiry is rejected'],
  'mcp-233': [DECEPTIONS, 'a payload beyond the display limit is held'],
  'mcp-234': [DECEPTIONS, 'a forged chat callback'],
  'mcp-251': ['test/e2e/audit.test.ts', 'a CSV export has no cell that begins like a formula'],
  'mcp-255': ['src/audit/record-life.integration.test.ts', 'a database: every column that differs from its leaf'],
  'mcp-257': ['test/e2e/audit.test.ts', 'what was masked is in nothing that can be looked through'],
  'mcp-236': ['test/attacks/approvals.integration.test.ts', 'a policy that changed between approval and execution refuses'],
};

interface Result {
  readonly id: string;
  readonly category: string;
  readonly title: string;
  readonly outcome: 'passed' | 'failed' | 'unchecked';
  readonly got: string;
}

test('every attack case that is shared with us gets the verdict that it names', async (t) => {
  if (!existsSync(RUNNER)) return t.diagnostic('shared cases: not present');
  const results = await runCases();
  assert.ok(results.length > 0, 'the runner told nothing');
  for (const category of HELD) {
    const of = results.filter((result) => result.category === category);
    await t.test(`${category}: ${of.length} cases`, async (each) => {
      assert.deepEqual(
        of.filter(({ outcome }) => outcome === 'failed').map(({ id, title, got }) => `${id} ${title}: ${got}`),
        [],
      );
      for (const { id, got } of of.filter(({ outcome }) => outcome === 'unchecked')) {
        const [file, words] = FLOWS[id] ?? [];
        if (file === undefined || words === undefined) each.diagnostic(`${id} not checked here: ${got}`);
        else assert.ok((await readFile(join(ROOT, file), 'utf8')).includes(words), `${id}: ${file} has no test "${words}"`);
      }
    });
  }
});

async function runCases(): Promise<readonly Result[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-cases-'));
  try {
    const report = join(folder, 'results.json');
    const child = spawn(process.execPath, [RUNNER, '--json', report, '--checks', join(ROOT, 'test/cases/case-checks.mjs')], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await once(child, 'close');
    assert.ok(existsSync(report), `the runner gave up: ${output.slice(-2000)}`);
    // The runner's own form; only the named members are read.
    return JSON.parse(await readFile(report, 'utf8')) as readonly Result[];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
