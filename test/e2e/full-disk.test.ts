import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'node:test';
import type { Leaf } from '../../src/audit/leaf.ts';
import { readEvents } from '../../src/audit/replay.ts';
import { listWriters } from '../../src/audit/segment.ts';
import { startGatewayProcess } from '../support/gateway.ts';
import { callRaw, type RawReply } from '../support/raw.ts';
import { smallDisk } from '../support/small-disk.ts';
import { until } from '../support/until.ts';
import { startWorkbench } from '../support/workbench.ts';

const cli = join(import.meta.dirname, '../../bin/sallyport');

test('a gateway whose disk is full refuses commands with a clear error, and goes on by itself when there is room', async (t) => {
  const disk = await smallDisk(t, 64);
  const workbench = await startWorkbench();
  t.after(() => workbench.close());
  const gateway = await startGatewayProcess({
    resources: [
      { kind: 'Target', name: 'workbench', protocol: 'mcp', address: workbench.url },
      { kind: 'Policy', name: 'testers', targets: ['workbench'], rules: [{ name: 'all', subjects: ['group:testers'], allow: ['*'] }] },
    ],
    config: { data: join(disk.path, 'data') },
  });
  t.after(() => gateway.stop());
  const token = await gateway.token({ sub: 'tester', groups: ['testers'] }, 'workbench');
  const write = (key: string): Promise<RawReply> => callRaw(gateway.endpoint('workbench'), token, 'write', { key });
  const wrote = (reply: RawReply): string | undefined => reply.message.result?.content?.[0]?.text;

  assert.equal(wrote(await write('before')), 'written: before');
  await disk.fill();
  const refused: string[] = [];
  for (let i = 0; i < 30; i += 1) {
    const key = `during-${i}-${'x'.repeat(3000)}`;
    const reply = await write(key);
    if (wrote(reply)?.startsWith('written') === true) continue;
    refused.push(key);
    assert.match(reply.text, /could not be recorded/);
  }
  assert.ok(refused.length > 0, 'the disk was never full');
  assert.match(gateway.output(), /"part":"journal",.*ENOSPC/);

  await disk.free();
  const again = await until('the gateway to go on', async () => {
    const reply = await write('after');
    return wrote(reply) === 'written: after' ? reply : undefined;
  });
  assert.ok(again);
  await gateway.kill();
  const said = execFileSync(cli, ['audit', 'verify', '--data', join(disk.path, 'data')], { encoding: 'utf8' });
  assert.match(said, /the record is as it was signed/);
});

test('a full disk ends what is open on a strict target, and not on a relaxed one; that it ended is recorded when there is room', async (t) => {
  const disk = await smallDisk(t, 64);
  const [strict, relaxed] = [await startWorkbench(), await startWorkbench()];
  t.after(() => Promise.all([strict.close(), relaxed.close()]));
  const gateway = await startGatewayProcess({
    resources: [
      { kind: 'Target', name: 'strict', protocol: 'mcp', address: strict.url },
      { kind: 'Target', name: 'relaxed', protocol: 'mcp', address: relaxed.url, audit: 'relaxed' },
      { kind: 'Policy', name: 'testers', targets: ['strict', 'relaxed'], rules: [{ name: 'all', subjects: ['group:testers'], allow: ['*'] }] },
    ],
    config: { data: join(disk.path, 'data') },
  });
  t.after(() => gateway.stop());
  const token = async (sub: string, target: string): Promise<string> => gateway.token({ sub, groups: ['testers'] }, target);
  const call = async (sub: string, target: string, name: string, args: object): Promise<RawReply> =>
    callRaw(gateway.endpoint(target), await token(sub, target), name, args);
  const saidBy = (reply: RawReply): string | undefined => reply.message.result?.content?.[0]?.text;

  // One waits for ten minutes, unless it is ended; the other for so long that the disk is full meanwhile.
  const open = call('sleeper', 'strict', 'wait', { ms: 600_000 });
  const kept = call('sleeper', 'relaxed', 'wait', { ms: 6000 });
  await until('both to run', () => (strict.begun() + relaxed.begun() === 2 ? true : undefined));
  await disk.fill();
  await until('a command that is refused', async () => {
    const { text } = await call('writer', 'strict', 'write', { key: 'x'.repeat(3000) });
    return /could not be recorded/.test(text) ? true : undefined;
  });
  assert.match((await open).text, /could not be recorded, so the gateway ended what was open/);
  await until('the target to hear of it', () => (strict.cancelled() === 1 ? true : undefined));
  assert.equal(saidBy(await kept), 'waited');

  await disk.free();
  await until('the gateway to go on', async () => (saidBy(await call('writer', 'strict', 'write', { key: 'after' })) === 'written: after' ? true : undefined));
  const events = (): Promise<readonly Leaf[]> => recordedIn(join(disk.path, 'data'));
  const ended = await until('the end of the session to be recorded', async () => (await events()).find((event) => event.kind === 'session.truncated'));
  assert.deepEqual([ended.subject?.name, ended.target], ['sleeper', 'strict']);
  const found = await events();
  assert.ok(found.some((event) => event.kind === 'recorder.gap'));
  assert.ok(!found.some((event) => event.kind === 'session.truncated' && event.target === 'relaxed'));
  await gateway.kill();
  assert.match(execFileSync(cli, ['audit', 'verify', '--data', join(disk.path, 'data')], { encoding: 'utf8' }), /the record is as it was signed/);
});

async function recordedIn(data: string): Promise<readonly Leaf[]> {
  const folder = join(data, 'journal');
  const [writer = ''] = await listWriters(folder);
  const leaves: Leaf[] = [];
  for await (const { leaf } of readEvents({ folder, writer })) leaves.push(leaf);
  return leaves;
}

test('a second gateway on one data folder is refused, and told who has it', async (t) => {
  const resources = [{ kind: 'Target', name: 'workbench', protocol: 'mcp', address: 'http://127.0.0.1:1/mcp' }];
  const first = await startGatewayProcess({ resources });
  t.after(() => first.stop());
  const second = startGatewayProcess({ resources, config: { data: join(first.folder, 'data') } });
  await assert.rejects(second, /error: the journal .* is in use by process \d+ on \S+, since \S+\nhint: stop that gateway/);
});
