import assert from 'node:assert/strict';
import test from 'node:test';
import { compareChecks } from './compare.ts';
import { forwardedHeaders } from './forwarder.ts';
import { totals, type Check } from './suite.ts';

const check = (id: string, status: string, nth = 1): Check => ({ scenario: 'ping', id, nth, status });

test('two runs with the same checks in another order do not differ', () => {
  const runs = [check('a', 'SUCCESS'), check('b', 'FAILURE')];
  assert.deepEqual(compareChecks(runs, runs.toReversed()), []);
});

test('a check that passes directly and fails through the gateway is a difference', () => {
  assert.deepEqual(compareChecks([check('a', 'SUCCESS')], [check('a', 'FAILURE')]), [{ check: 'ping / a #1', direct: 'SUCCESS', gateway: 'FAILURE' }]);
});

test('a check that only one run has is a difference, also where its id occurs twice', () => {
  const twice = [check('a', 'SUCCESS'), check('a', 'SUCCESS', 2)];
  assert.deepEqual(compareChecks(twice, twice.slice(0, 1)), [{ check: 'ping / a #2', direct: 'SUCCESS', gateway: 'absent' }]);
  assert.deepEqual(compareChecks([], [check('a', 'INFO')]), [{ check: 'ping / a #1', direct: 'absent', gateway: 'INFO' }]);
});

test('totals count what passed and failed, not what was skipped or only mentioned', () => {
  assert.deepEqual(totals([check('a', 'SUCCESS'), check('b', 'FAILURE'), check('c', 'INFO'), check('d', 'SKIPPED')]), { passed: 1, failed: 1 });
});

test('the forwarder names the gateway where a header names the forwarder, and leaves a foreign host as it is', () => {
  const forwarded = (...raw: string[]): string[] => forwardedHeaders(raw, '9001', '7600');
  assert.deepEqual(forwarded('Host', '127.0.0.1:9001', 'Origin', 'http://localhost:9001'), ['Host', '127.0.0.1:7600', 'Origin', 'http://localhost:7600']);
  assert.deepEqual(forwarded('Host', 'evil.example.com', 'Origin', 'http://evil.example.com:9001'), [
    'Host',
    'evil.example.com',
    'Origin',
    'http://evil.example.com:9001',
  ]);
  assert.deepEqual(forwarded('host', '127.0.0.1:9002'), ['host', '127.0.0.1:9002']);
});

test('the forwarder adds the token and keeps order, case and repetition of every other header', () => {
  const raw = ['X-One', '1', 'x-one', '2', 'Mcp-Name', '  a  '];
  assert.deepEqual(forwardedHeaders(raw, '1', '2', 'secret'), [...raw, 'Authorization', 'Bearer secret']);
});
