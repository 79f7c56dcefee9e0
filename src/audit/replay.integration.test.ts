import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readRecordingKeys } from './recording-keys.ts';
import { readEvents, readSession, type RecordedEvent, type ReadSessionOptions } from './replay.ts';
import { aBody, anEvent, dataFolder } from './testing.ts';

async function all(options: ReadSessionOptions): Promise<readonly RecordedEvent[]> {
  const found: RecordedEvent[] = [];
  for await (const each of readSession(options)) found.push(each);
  return found;
}

test('a session is replayed with what was said, over segments and restarts, and no other session is', async (t) => {
  const data = await dataFolder(t);
  const expected: (readonly [string, string])[] = [];
  for (let round = 0; round < 3; round += 1) {
    const journal = await data.open({ segmentBytes: 3000 });
    for (let i = 0; i < 10; i += 1) {
      const event = anEvent('command.forwarded');
      const text = `{"said":"${round}-${i} é"}`;
      await journal.append(event, [aBody(text)]);
      await journal.append(anEvent('command.forwarded', { session: 'another' }), [aBody('not yours')]);
      expected.push([event.id, text]);
    }
    await journal.close();
  }
  const found = await all({ folder: data.journal, recording: await readRecordingKeys(data.keys), session: expected.length ? (anEvent().session ?? '') : '' });
  assert.deepEqual(
    found.map(({ event, bodies }) => [event.id, bodies[0]?.text]),
    expected,
  );
  assert.deepEqual(
    Object.keys(found[0]?.event ?? {}).filter((key) => ['writer', 'index', 'bodies'].includes(key)),
    [],
  );
});

test('with places from the index only these records are read; several bodies of one event keep their order', async (t) => {
  const data = await dataFolder(t);
  const journal = await data.open();
  for (let i = 0; i < 5; i += 1) await journal.append(anEvent(), [aBody(`request ${i}`), aBody(`reply ${i}`, 'reply')]);
  const session = anEvent().session ?? '';
  // While the journal is open: replay does not wait for a segment's end.
  const found = await all({
    folder: data.journal,
    recording: await readRecordingKeys(data.keys),
    session,
    places: [1, 3].map((index) => ({ writer: 'w1', index })),
  });
  assert.deepEqual(
    found.map(({ bodies }) => bodies.map(({ name, text }) => [name, text])),
    [1, 3].map((i) => [
      ['request', `request ${i}`],
      ['reply', `reply ${i}`],
    ]),
  );
  assert.deepEqual(await all({ folder: data.journal, recording: await readRecordingKeys(data.keys), session, places: [] }), []);
  await journal.close();
});

test('without its data key a body is gone, and the log still verifies: that is erasure', async (t) => {
  const data = await dataFolder(t);
  const journal = await data.open();
  await journal.append(anEvent('command.forwarded', { session: 'erased' }), [aBody('to be forgotten')]);
  await journal.append(anEvent('command.forwarded', { session: 'kept' }), [aBody('to be kept')]);
  await journal.close();
  const folder = join(data.journal, 'w1');
  const path = join(folder, (await readdir(folder)).find((name) => name.endsWith('.keys')) ?? '');
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => !line.includes('"erased"'));
  await writeFile(path, lines.join('\n'));
  const options = { folder: data.journal, recording: await readRecordingKeys(data.keys) };
  const [erased] = await all({ ...options, session: 'erased' });
  assert.deepEqual(erased?.bodies, [{ name: 'request', contentType: 'application/json' }]);
  const [kept] = await all({ ...options, session: 'kept' });
  assert.equal(kept?.bodies[0]?.text, 'to be kept');
  assert.equal((await data.verify()).ok, true);
});

test('a body under another gateway key, or a wrapped key that was changed, is refused and not guessed at', async (t) => {
  const data = await dataFolder(t);
  const other = await dataFolder(t);
  for (const each of [data, other]) {
    const journal = await each.open();
    await journal.append(anEvent(), [aBody('secret enough')]);
    await journal.close();
  }
  const session = anEvent().session ?? '';
  await assert.rejects(all({ folder: data.journal, recording: await readRecordingKeys(other.keys), session }), {
    code: 'verify_failed',
    message: /another gateway key/,
  });
  const path = join(data.journal, 'w1', '00000001.keys');
  await writeFile(
    path,
    (await readFile(path, 'utf8')).replace(/"wrapped":"(.)/, (_, letter: string) => `"wrapped":"${letter === 'A' ? 'B' : 'A'}`),
  );
  await assert.rejects(all({ folder: data.journal, recording: await readRecordingKeys(data.keys), session }), {
    code: 'verify_failed',
    message: /cannot be opened/,
  });
});

test('events are read from any position on, up to a limit', async (t) => {
  const data = await dataFolder(t);
  const journal = await data.open({ segmentBytes: 1500 });
  for (let i = 0; i < 20; i += 1) await journal.append(anEvent());
  const indexes: number[] = [];
  for await (const { leaf } of readEvents({ folder: data.journal, writer: 'w1', from: 7, limit: 15 })) indexes.push(leaf.index);
  assert.deepEqual(indexes, [7, 8, 9, 10, 11, 12, 13, 14]);
  await journal.close();
});
