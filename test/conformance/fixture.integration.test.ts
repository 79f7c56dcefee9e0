import assert from 'node:assert/strict';
import test from 'node:test';
import { compareSuite } from './comparison.ts';
import { startForwarder } from './forwarder.ts';
import { startConformanceServer } from './server.ts';
import { SUITES, totals } from './suite.ts';

for (const suite of SUITES) {
  test(`the fixture passes ${suite.name} directly, and the forwarder changes no check of it`, async (t) => {
    const fixture = await startConformanceServer();
    t.after(() => fixture.close());
    const forwarder = await startForwarder(fixture.url);
    t.after(() => forwarder.close());
    const { direct, differences } = await compareSuite(suite, fixture.url, forwarder.url);
    assert.deepEqual({ exitCode: direct.exitCode, ...totals(direct.checks) }, { exitCode: 0, ...suite.expected });
    assert.deepEqual(differences, []);
  });
}
