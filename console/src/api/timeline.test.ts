import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupReplay } from './replay.ts';
import type { ReplayStep } from './sessions.ts';
import { buildTimeline, playedUntil, stepFrom, timeAt } from './timeline.ts';

const START = Date.parse('2026-11-21T12:00:00Z');
const step = (id: string, at: number, kind: string, more: object = {}): ReplayStep => ({
  event: { id, time: new Date(START + at).toISOString(), kind, ...more },
  bodies: [],
});
const command = { name: 'tools/call run', digest: '', flags: [] };
const steps = [
  step('a', 0, 'session.opened'),
  step('b', 100, 'approval.requested', { command, approval: 'P' }),
  step('c', 60_100, 'approval.granted', { approval: 'P' }),
  step('d', 60_150, 'command.forwarded', { command, approval: 'P' }),
  step('e', 60_650, 'reply.received', { intent: 'd', outcome: { status: 'ok' } }),
];
const timeline = buildTimeline(steps, groupReplay(steps));

test('events stand as far apart as they were, and a long wait is cut and says how long it was', () => {
  assert.deepEqual(
    timeline.points.map(({ position }) => position),
    [0, 100, 3100, 3150, 3650],
  );
  assert.deepEqual(timeline.cuts, [{ position: 3100, milliseconds: 60_000 }]);
  assert.equal(timeline.length, 3650);
});

test('a command is one bar from being asked to its reply', () => {
  assert.deepEqual(timeline.bars, [{ entry: 'b', name: 'tools/call run', from: 100, to: 3650, outcome: 'replied' }]);
});

test('a position says what has happened and what time it was, and steps go from event to event', () => {
  assert.deepEqual(
    [0, 99, 100, 3149, 3650, 9999].map((at) => playedUntil(timeline, at)),
    [1, 1, 2, 3, 5, 5],
  );
  assert.equal(timeAt(timeline, 1600), START + 100 + 30_000);
  assert.equal(timeAt(timeline, 9999), START + 60_650);
  assert.deepEqual([stepFrom(timeline, 0, 1), stepFrom(timeline, 3650, 1), stepFrom(timeline, 3650, -1), stepFrom(timeline, 0, -1)], [100, 3650, 3150, 0]);
});

test('a session without events, and a clock that was set back, have a timeline too', () => {
  const empty = buildTimeline([], []);
  assert.deepEqual([empty.length, timeAt(empty, 0), playedUntil(empty, 0)], [0, undefined, 0]);
  const back = [step('a', 1000, 'session.opened'), step('b', 0, 'session.closed')];
  assert.equal(buildTimeline(back, groupReplay(back)).length, 0);
});
