import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SallyportError } from '../core/error.ts';
import { createLog, type LogOptions } from './log.ts';

function logging(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const clock = { now: Date.parse('2026-11-21T12:00:00Z') };
  return { lines, clock, log: createLog({ format: 'json', write: (line) => void lines.push(line), now: () => new Date(clock.now), ...options }) };
}

test('a line is one JSON object, with time, level, part and message; an error is told with its causes', () => {
  const { lines, log } = logging();
  log.error('journal', new SallyportError('record_failed', 'not recorded', { cause: new Error('ENOSPC') }));
  assert.deepEqual(
    lines.map((line) => JSON.parse(line) as unknown),
    [{ time: '2026-11-21T12:00:00.000Z', level: 'error', part: 'journal', message: 'not recorded: ENOSPC' }],
  );
});

test('what is below the level is not written', () => {
  const { lines, log } = logging({ level: 'warn' });
  log.debug('a', 'x');
  log.info('a', 'x');
  log.warn('a', 'y');
  log.error('a', 'z');
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { level: string }).level),
    ['warn', 'error'],
  );
});

test('a secret in a message is masked, in both forms', () => {
  const secret = 'ghp_0123456789abcdefghijABCDEFGHIJ012345';
  for (const format of ['json', 'text'] as const) {
    const { lines, log } = logging({ format });
    log.warn('target models', `cannot connect with ${secret}`);
    assert.doesNotMatch(lines.join(), new RegExp(secret), format);
    assert.match(lines.join(), /cannot connect with/);
  }
});

test('nothing in a message can look like another line, or speak to a terminal', () => {
  const { lines, log } = logging({ format: 'text' });
  log.warn('api', 'one\n2026-11-21T12:00:00.000Z error journal: forged\u001b[2J\u202e');
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /\n {4}2026-11-21T12/);
  assert.match(lines[0] ?? '', /\\u\{1b\}\[2J\\u\{202e\}$/);
});

test('what is said over and over is said once in ten seconds, with how often it was', () => {
  const { lines, clock, log } = logging();
  for (let at = 0; at < 1_000; at += 1) log.error('target models', new Error('cannot be reached'));
  log.error('target wiki', new Error('cannot be reached'));
  clock.now += 10_000;
  log.error('target models', new Error('cannot be reached'));
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { repeated?: number }).repeated),
    [undefined, undefined, 999],
  );
});
