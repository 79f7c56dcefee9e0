import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { rotateKey } from './key-rotation.ts';
import { checkProof, proveEvent } from './prove.ts';
import { readEvents } from './replay.ts';
import { anEvent, dataFolder } from './testing.ts';
import { verifyLog } from './verify.ts';

test('after a rotation old checkpoints verify by the old key, new ones by the new, and the file with both proves the whole log', async (t) => {
  const data = await dataFolder(t);
  const first = await data.open();
  await assert.rejects(rotateKey({ folder: data.journal, keysFolder: data.keys }), { code: 'conflict', message: new RegExp(`process ${process.pid} `) });
  const before = anEvent();
  await first.append(before);
  await first.close();
  const oldKey = await data.publicKey();

  const writerFile = join(data.journal, 'writer');
  await writeFile(writerFile, 'w1\n');
  const line = await rotateKey({ folder: data.journal, keysFolder: data.keys });
  assert.equal((await stat(join(data.keys, 'checkpoint.key'))).mode & 0o777, 0o600);
  assert.equal(await data.publicKey(), `${oldKey}${line}`);

  const second = await data.open();
  const after = anEvent();
  await second.append(after);
  await second.close();
  const kinds: string[] = [];
  for await (const { leaf } of readEvents({ folder: data.journal, writer: 'w1' })) kinds.push(leaf.kind);
  assert.deepEqual(kinds, ['command.forwarded', 'key.rotated', 'command.forwarded']);

  const report = await data.verify();
  assert.deepEqual([report.problems, report.writers[0]?.covered], [[], 3]);
  const folder = data.journal;
  const byOld = await verifyLog({ folder, publicKey: oldKey });
  assert.deepEqual([byOld.problems.map(({ kind }) => kind), byOld.writers[0]?.covered], [['bad-signature'], 2]);
  const byNew = await verifyLog({ folder, publicKey: line });
  assert.equal(byNew.writers[0]?.covered, 3);
  assert.ok(byNew.problems.every(({ kind }) => kind === 'bad-signature'));

  assert.equal(checkProof(await proveEvent(folder, before.id), `${oldKey}${line}`).leaf.id, before.id);
  assert.throws(() => checkProof('', line), { code: 'verify_failed' });
  const proof = await proveEvent(folder, after.id);
  assert.equal(checkProof(proof, line).checkpoint.size, 3);
  assert.throws(() => checkProof(proof, oldKey), { code: 'verify_failed', message: /not signed by this key/ });
  const forged = Buffer.from(/^extra (.*)$/m.exec(proof)?.[1] ?? '', 'base64')
    .toString()
    .replace('scientist', 'somebody');
  assert.throws(() => checkProof(proof.replace(/^extra .*$/m, `extra ${Buffer.from(forged).toString('base64')}`), line), { message: /not what was signed/ });
  assert.ok((await readFile(join(data.keys, 'checkpoint.key'), 'utf8')).startsWith('PRIVATE+KEY+'));
});

test('a rotation that was ended half-way is done again', async (t) => {
  const data = await dataFolder(t);
  await data.open().then(async (journal) => {
    await journal.append(anEvent());
    await journal.close();
  });
  await writeFile(join(data.journal, 'writer'), 'w1\n');
  await writeFile(join(data.keys, 'checkpoint.key.next'), 'half of a k');
  await writeFile(join(data.keys, 'checkpoint.pub.next'), 'half of a k');
  await rotateKey({ folder: data.journal, keysFolder: data.keys });
  await rotateKey({ folder: data.journal, keysFolder: data.keys });
  assert.equal((await data.publicKey()).trim().split('\n').length, 3);
  assert.deepEqual((await data.verify()).problems, []);
});
