import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, clock, duration, hours, left, offset, zone, zoneOf } from './time.ts';

test('the past is told in one unit', () => {
  const told = [0, 4_999, 12_000, 59_999, 60_000, 3_599_999, 3_600_000, 86_400_000, 200_000_000].map((past) => ago(1e9 - past, 1e9));
  assert.deepEqual(told, ['just now', 'just now', '12 s ago', '59 s ago', '1 min ago', '59 min ago', '1 h ago', '1 d ago', '2 d ago']);
});

test('a clock that runs ahead of ours is now, not the future', () => {
  assert.equal(ago(2000, 1000), 'just now');
});

test('the time left never shows more than there is to come, nor zero while there is some', () => {
  const told = [-1, 0, 1, 42_000, 59_001, 845_000, 12_000_000, 187_200_000].map((rest) => left(rest, 0));
  assert.deepEqual(told, ['none', 'none', '0:01', '0:42', '1:00', '14:05', '3 h 20 min', '2 d 4 h']);
});

test('offsets are finer at the start of a session', () => {
  const told = [4, 12_340, 184_000, 7_384_000, -5].map((past) => offset(past, 0));
  assert.deepEqual(told, ['+0.004 s', '+12.3 s', '+3:04', '+2:03:04', '+0.000 s']);
});

test('durations grow in unit', () => {
  assert.deepEqual([0.4, 34, 1_240, 123_000].map(duration), ['0 ms', '34 ms', '1.2 s', '2 min 3 s']);
});

test('the clock is the reader’s own', () => {
  const at = new Date(2026, 10, 21, 4, 3, 7).getTime();
  assert.equal(clock(at), `2026-11-21 04:03:07 ${zone(at)}`);
  assert.deepEqual([0, 60, -210, 345, 840].map(zoneOf), ['UTC', 'UTC+1', 'UTC-3:30', 'UTC+5:45', 'UTC+14']);
});

test('a length of time is said in hours and minutes', () => {
  assert.deepEqual([15, 30, 60, 90, 1440].map(hours), ['15 min', '30 min', '1 h', '1 h 30 min', '24 h']);
});
