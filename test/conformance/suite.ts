import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One way of running the official tool, and what the fixture is known to get when called directly. */
export interface Suite {
  readonly name: string;
  readonly tool: string;
  readonly args: readonly string[];
  readonly expected: Totals;
}

export interface Totals {
  readonly passed: number;
  readonly failed: number;
}

/** One check of a scenario. The same id may be checked several times; `nth` counts them. */
export interface Check {
  readonly scenario: string;
  readonly id: string;
  readonly nth: number;
  readonly status: string;
}

export interface SuiteRun {
  readonly exitCode: number;
  readonly checks: readonly Check[];
}

/** The failures of 2026-07-28 are the `tasks-*` extension, which the suite runs and does not score. */
export const SUITES: readonly Suite[] = [
  { name: '0.1.16 active', tool: 'conformance-stable', args: [], expected: { passed: 40, failed: 0 } },
  { name: '0.2.0-alpha.12 2025-11-25', tool: 'conformance-next', args: ['--requirements', '2025-11-25'], expected: { passed: 84, failed: 0 } },
  { name: '0.2.0-alpha.12 2026-07-28', tool: 'conformance-next', args: ['--requirements', '2026-07-28'], expected: { passed: 165, failed: 29 } },
];

export async function runSuite(suite: Suite, url: string): Promise<SuiteRun> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-conformance-'));
  try {
    const entry = join(import.meta.dirname, '../../node_modules', suite.tool, 'dist/index.js');
    const exitCode = await run([entry, 'server', '--url', url, ...suite.args, '-o', folder]);
    return { exitCode, checks: await readChecks(folder) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The tool counts what passed and what failed, and neither what it skipped nor what it only mentions. */
export function totals(checks: readonly Check[]): Totals {
  const count = (status: string): number => checks.filter((check) => check.status === status).length;
  return { passed: count('SUCCESS'), failed: count('FAILURE') };
}

function run(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: 'ignore' });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** The tool writes one folder a scenario: `server-<scenario>-<time>/checks.json`. */
async function readChecks(folder: string): Promise<Check[]> {
  const runs = (await readdir(folder)).toSorted();
  const checks = await Promise.all(runs.map(async (name) => number(scenarioOf(name), JSON.parse(await readFile(join(folder, name, 'checks.json'), 'utf8')))));
  return checks.flat();
}

const scenarioOf = (folder: string): string => folder.replace(/^server-/, '').replace(/-\d{4}-\d{2}-\d{2}T[\d-]+Z$/, '');

function number(scenario: string, found: unknown): Check[] {
  const seen = new Map<string, number>();
  // the tool's own output format
  return (found as readonly { readonly id: string; readonly name: string; readonly status: string }[]).map(({ id, name, status }) => {
    const key = `${id} ${name}`;
    const nth = (seen.get(key) ?? 0) + 1;
    seen.set(key, nth);
    return { scenario, id: key, nth, status };
  });
}
