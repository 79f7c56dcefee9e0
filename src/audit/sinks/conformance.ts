/** What every sink must do alike, whatever is on the other side. An adapter brings a real one, and the ways in which it fails. */
import assert from 'node:assert/strict';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import { newId } from '../../core/id.ts';
import type { Journal } from '../journal.ts';
import { aBody, anEvent } from '../testing.ts';
import type { Sinks } from './sinks.ts';
import type { SinkStatus } from './status.ts';
import { recorded, type Recorded } from './testing.ts';

/** Ways in which the other side fails; `slow` still works. */
export type SinkFault = 'down' | 'silent' | 'error' | 'cut' | 'slow';

export interface OtherSide {
  /** Starts to ship this journal, as a gateway does when it starts; `folder` keeps the positions. */
  ship(journal: Journal, folder: string): Promise<Sinks>;
  /** Ids of the events that are there, in the order in which they came; a repeat where it came again. */
  arrived(): Promise<readonly string[]>;
  /** Sizes of the checkpoints that are there. Absent: this one gets them on a way of its own. */
  checkpoints?(): Promise<readonly number[]>;
  /** Everything that is there, as text. */
  raw(): Promise<string>;
  begin(fault: SinkFault): Promise<void>;
  mend(): Promise<void>;
  /** What no error may hold. */
  readonly secrets: readonly string[];
}

export interface SinkAdapter {
  readonly name: string;
  /** Those that can happen to this kind; the first one is for when any will do. */
  readonly faults: readonly SinkFault[];
  start(t: TestContext): Promise<OtherSide>;
}

export function testSink({ name, faults, start }: SinkAdapter): void {
  test(`${name}: every event arrives, in order, with its checkpoints, over segments`, async (t) => {
    const [data, other] = [await recorded(t), await start(t)];
    const ids = await record(data, 120);
    const sinks = await ship(t, data, other);
    ids.push(...(await record(data, 30)));
    await data.log.checkpoint();
    await sinks.caughtUp();
    await signed(other, 150);
    assert.deepEqual(await other.arrived(), ids);
    await sinks.close();
  });

  test(`${name}: a restart goes on where it stopped, without loss or repeat`, async (t) => {
    const [data, other] = [await recorded(t), await start(t)];
    const ids: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      ids.push(...(await record(data, 20)));
      const sinks = await ship(t, data, other);
      ids.push(...(await record(data, 20)));
      await sinks.caughtUp();
      await sinks.close();
      assert.equal(sinks.shippedUpTo('w1'), ids.length);
    }
    assert.deepEqual(await other.arrived(), ids);
  });

  test(`${name}: after a crash that lost the newest positions, events may come again, with the same ids, and none is lost`, async (t) => {
    const [data, other] = [await recorded(t), await start(t)];
    const ids = await record(data, 20);
    const first = await ship(t, data, other);
    await first.caughtUp();
    await first.close();
    const [folder, before] = [join(data.path, 'sinks'), join(data.path, 'before')];
    await cp(folder, before, { recursive: true });
    ids.push(...(await record(data, 20)));
    const second = await ship(t, data, other);
    await second.caughtUp();
    await second.close();
    await rm(folder, { recursive: true });
    await cp(before, folder, { recursive: true });
    ids.push(...(await record(data, 5)));
    const third = await ship(t, data, other);
    await third.caughtUp();
    await third.close();
    assert.deepEqual(unique(await other.arrived()), ids);
  });

  for (const fault of faults.filter((one) => one !== 'slow')) {
    test(`${name}: while the other side fails (${fault}) recording goes on, the error is clear, and everything arrives when it is back`, async (t) => {
      const [data, other] = [await recorded(t), await start(t)];
      const ids = await record(data, 10);
      const sinks = await ship(t, data, other);
      await sinks.caughtUp();
      await other.begin(fault);
      ids.push(...(await record(data, 60)));
      const failing = await until(sinks, ({ state, retries }) => state === 'failing' && retries >= 2);
      assert.ok(failing.lagEvents > 0 && failing.lagSeconds >= 0);
      assert.ok(sinks.shippedUpTo('w1') < 70);
      checkError(failing, other.secrets);
      await other.mend();
      await sinks.caughtUp();
      const mended = await until(sinks, ({ state }) => state === 'up-to-date');
      assert.equal(mended.lagEvents, 0);
      assert.deepEqual(unique(await other.arrived()), ids);
      await sinks.close();
    });
  }

  test(`${name}: it stops in time although the other side fails, and a later start ships the rest`, async (t) => {
    const [data, other] = [await recorded(t), await start(t)];
    const ids = await record(data, 5);
    await other.begin(faults.includes('silent') ? 'silent' : (faults[0] ?? 'down'));
    const sinks = await ship(t, data, other);
    await sinks.close();
    await other.mend();
    const again = await ship(t, data, other);
    await again.caughtUp();
    await again.close();
    assert.deepEqual(unique(await other.arrived()), ids);
  });

  if (faults.includes('slow')) {
    test(`${name}: a slow other side gets everything, later`, async (t) => {
      const [data, other] = [await recorded(t), await start(t)];
      await other.begin('slow');
      const sinks = await ship(t, data, other);
      const ids = await record(data, 50);
      await sinks.caughtUp();
      assert.deepEqual(unique(await other.arrived()), ids);
      await sinks.close();
    });
  }

  test(`${name}: no payload leaves in the clear`, async (t) => {
    const [data, other] = [await recorded(t), await start(t)];
    const canary = `canary-${newId()}`;
    await data.log.append(anEvent('command.forwarded'), [aBody(canary)]);
    const sinks = await ship(t, data, other);
    await sinks.caughtUp();
    await sinks.close();
    const raw = await other.raw();
    assert.ok(raw.includes('command.forwarded'), 'the event is there');
    assert.ok(!raw.includes(canary), 'its payload is not');
  });
}

async function ship(t: TestContext, data: Recorded, other: OtherSide): Promise<Sinks> {
  const sinks = await other.ship(data.log, join(data.path, 'sinks'));
  t.after(() => sinks.close().catch(() => {}));
  return sinks;
}

/** Ids of what was recorded. */
async function record(data: Recorded, count: number): Promise<string[]> {
  const events = Array.from({ length: count }, (_, i) => anEvent(i % 3 === 0 ? 'command.refused' : 'command.forwarded', { note: `"${i}" ]\\ é\n` }));
  for (const event of events) await data.log.append(event, [aBody('x'.repeat(50))]);
  return events.map(({ id }) => id);
}

async function signed(other: OtherSide, size: number): Promise<void> {
  if (!other.checkpoints) return;
  for (let i = 0; i < 600 && !(await other.checkpoints()).includes(size); i += 1) await setTimeout(20);
  assert.ok((await other.checkpoints()).includes(size), `the checkpoint of ${size} events is there`);
}

async function until(sinks: Sinks, holds: (status: SinkStatus) => boolean): Promise<SinkStatus> {
  for (let i = 0; i < 600; i += 1) {
    const found = (await sinks.status()).find(holds);
    if (found) return found;
    await setTimeout(20);
  }
  throw new Error(`waited in vain; the sinks are ${JSON.stringify(await sinks.status())}`);
}

function checkError({ lastError }: SinkStatus, secrets: readonly string[]): void {
  assert.ok(lastError && lastError.message.length > 10, 'the error says something');
  for (const secret of secrets) assert.ok(!JSON.stringify(lastError).includes(secret), 'the error holds no secret');
}

const unique = (ids: readonly string[]): readonly string[] => [...new Set(ids)];
