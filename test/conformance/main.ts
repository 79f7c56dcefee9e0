/** `npm run conformance`: the official suites directly and through the gateway, beside each other. */
import { compareThroughGateway, type Comparison } from './comparison.ts';
import { totals, type SuiteRun } from './suite.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const shown = (run: SuiteRun): string => `${totals(run.checks).passed}/${totals(run.checks).failed} exit ${run.exitCode}`;

function report({ suite, direct, gateway, differences }: Comparison): void {
  say(
    `${suite.name.padEnd(28)} ${shown(direct).padEnd(18)} ${shown(gateway).padEnd(18)} ${differences.length === 0 ? 'same' : `${differences.length} differ`}`,
  );
  for (const { check, direct, gateway } of differences) say(`  ${check}: ${direct} directly, ${gateway} through the gateway`);
}

const asExpected = ({ suite, direct, differences }: Comparison): boolean => {
  const { passed, failed } = totals(direct.checks);
  return differences.length === 0 && direct.exitCode === 0 && passed >= suite.expected.passed && failed <= suite.expected.failed;
};

say(`${'suite'.padEnd(28)} ${'directly'.padEnd(18)} ${'through'.padEnd(18)}`);
const comparisons = await compareThroughGateway(report);
process.exitCode = comparisons.every(asExpected) ? 0 : 1;
