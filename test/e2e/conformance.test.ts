import assert from 'node:assert/strict';
import test from 'node:test';
import { compareThroughGateway } from '../conformance/comparison.ts';
import { totals } from '../conformance/suite.ts';

test('through the gateway the official conformance suites give the same result as directly, check by check', async () => {
  for (const { suite, direct, gateway, differences } of await compareThroughGateway()) {
    assert.deepEqual({ suite: suite.name, exitCode: direct.exitCode, ...totals(direct.checks) }, { suite: suite.name, exitCode: 0, ...suite.expected });
    assert.deepEqual({ suite: suite.name, differences }, { suite: suite.name, differences: [] });
    assert.equal(gateway.exitCode, 0);
  }
});
