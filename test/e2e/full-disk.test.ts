import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'node:test';
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

test('a second gateway on one data folder is refused, and told who has it', async (t) => {
  const resources = [{ kind: 'Target', name: 'workbench', protocol: 'mcp', address: 'http://127.0.0.1:1/mcp' }];
  const first = await startGatewayProcess({ resources });
  t.after(() => first.stop());
  const second = startGatewayProcess({ resources, config: { data: join(first.folder, 'data') } });
  await assert.rejects(second, /error: the journal .* is in use by process \d+ on \S+, since \S+\nhint: stop that gateway/);
});
