/** A gateway whose recording key a key server wraps: it starts with the server and not without, and the command line moves and rotates the key. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startGateway } from '../../src/gateway/main.ts';
import { freePort } from '../support/listen.ts';
import { startVault } from '../support/vault.ts';
import { ROOT } from './demo-gateway.ts';
import { parseScript, runStep, type Outcome } from './script.ts';

test('a gateway starts with its key server and not without it, and its key is wrapped, wrapped anew and replaced by commands', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-wrap-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const vault = await startVault();
  t.after(() => vault.close());
  await mkdir(join(folder, 'resources'));
  await writeFile(join(folder, 'token'), vault.token, { mode: 0o600 });
  const config = join(folder, 'sallyport.yaml');
  const port = await freePort();
  const base = `url: http://localhost:${port}\nlisten: { http: 127.0.0.1:${port} }\ndata: ./data\n`;
  const wrappedBy = (url: string): string =>
    `${base}audit: { recordingKey: { vault: { url: "${url}", key: sallyport, token: { file: ${join(folder, 'token')} } } } }\n`;
  const sallyport = async (words: string): Promise<Outcome> => {
    const [step] = parseScript(`$ '${join(ROOT, 'bin/sallyport')}' ${words}`);
    assert.ok(step);
    return runStep(step, {}, folder);
  };
  const begin = async (): Promise<void> => (await startGateway({ config })).close();

  await writeFile(config, base);
  await begin();
  assert.deepEqual((await sallyport('audit wrap-key')).stderr[0], 'error: the configuration names no key server');

  await writeFile(config, wrappedBy(vault.url));
  await assert.rejects(begin(), { code: 'config_invalid', hint: 'sallyport audit wrap-key --config FILE does it' });
  const moved = await sallyport('audit wrap-key --config sallyport.yaml');
  assert.deepEqual([moved.exit, moved.stderr], [0, []]);
  assert.ok((await readdir(join(folder, 'data/keys'))).includes('recording.key.wrapped'));
  assert.ok(!(await readdir(join(folder, 'data/keys'))).includes('recording.key'));
  await begin();
  vault.rotate();
  assert.equal((await sallyport('audit wrap-key')).exit, 0);
  const rotated = await sallyport('audit rotate-key --recording --data data');
  assert.match(rotated.stdout[0] ?? '', /^payloads are sealed under recording key [0-9a-f]{16} from here on/);
  assert.match((await sallyport('audit rotate-key --data data')).stdout[1] ?? '', /^sallyport\//);
  assert.match((await sallyport('policy simulate --data data --config sallyport.yaml')).stdout.join('\n'), /0 of 0 decisions/);
  await begin();

  await writeFile(config, wrappedBy(`http://127.0.0.1:${await freePort()}`));
  const refused = await sallyport('start --config sallyport.yaml');
  assert.equal(refused.exit, 1);
  assert.match(
    refused.stderr.join('\n'),
    /error: the recording key cannot be had from the key sallyport in transit of [^\n]*: it cannot be reached\nhint: nothing is recorded without/,
  );
  vault.isSealed = true;
  await writeFile(config, wrappedBy(vault.url));
  await assert.rejects(begin(), { code: 'credential_missing', message: /sealed/ });
  await writeFile(config, wrappedBy('http://vault.example.com'));
  await assert.rejects(begin(), { code: 'config_invalid', message: /not sent in the clear/ });
});
