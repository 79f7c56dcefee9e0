/** What whoever starts a gateway in a terminal reads, from the first line to the last. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../support/listen.ts';

const PROGRAM = join(import.meta.dirname, '../../bin/sallyport');
const READY = 'sallyport is ready';
const TARGET = { kind: 'Target', name: 'models', protocol: 'mcp', address: 'http://127.0.0.1:1/mcp', owners: ['group:x'] };
const DATABASE = { kind: 'Target', name: 'shop', protocol: 'postgres', address: 'postgres://127.0.0.1:1/shop', owners: ['group:x'], tls: { mode: 'disable' } };

/** The gateway's lines from its start to Ctrl-C, and its exit code. */
async function startAndStop(resources: readonly object[]): Promise<{ readonly url: string; readonly said: string; readonly code: number | null }> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-start-'));
  try {
    const port = await freePort();
    const url = `http://localhost:${port}`;
    await mkdir(join(folder, 'resources'));
    await writeFile(join(folder, 'resources/all.yaml'), resources.map((document) => JSON.stringify(document)).join('\n---\n'));
    await writeFile(join(folder, 'sallyport.yaml'), JSON.stringify({ url, listen: { http: `127.0.0.1:${port}` }, data: './data', resources: './resources' }));
    const gateway = spawn(PROGRAM, ['start'], { cwd: folder });
    const exited = new Promise<number | null>((resolve) => void gateway.once('exit', resolve));
    let said = '';
    for await (const chunk of gateway.stdout) {
      const wasReady = said.includes(READY);
      said += String(chunk);
      if (!wasReady && said.includes(READY)) gateway.kill('SIGINT');
    }
    return { url, said, code: await exited };
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('a gateway says where it is to be found, that Ctrl-C was heard, and that it has stopped', async () => {
  const { url, said, code } = await startAndStop([TARGET, DATABASE]);
  assert.deepEqual(said.split('\n'), [
    `console        ${url}`,
    `MCP endpoint   ${url}/mcp/models`,
    'database       sallyport connect shop',
    READY,
    'stopping: what is under way ends first',
    'sallyport has stopped; the next start goes on with the same data',
    '',
  ]);
  assert.equal(code, 0);
});

test('a gateway without a target says what to do next', async () => {
  const { said } = await startAndStop([]);
  assert.match(said, /there is no target yet: docs\/policy\.md begins with one to copy/);
});
