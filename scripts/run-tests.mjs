// The stages of `npm test`, each announced with its time; the last line adds them up.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensurePackages } from './debian-packages.mjs';
import { ROOT } from './ensure-installed.mjs';
import { runTestFiles } from './run-test-files.mjs';

const program = (path) => join(ROOT, 'node_modules', path);

/** `commands` are checks, each counted as one; `files` are tests, counted one by one. */
const STAGES = [
  {
    name: 'types',
    about: 'tsc, the product and the console',
    commands: [
      [program('typescript/bin/tsc'), '-p', '.'],
      ...(existsSync(join(ROOT, 'console/tsconfig.json')) ? [[program('typescript/bin/tsc'), '-p', 'console']] : []),
    ],
  },
  { name: 'lint', about: 'oxlint, type-aware', commands: [[program('oxlint/bin/oxlint'), '--deny-warnings']] },
  { name: 'format', about: 'oxfmt', commands: [[program('oxfmt/bin/oxfmt'), '--check', '.']] },
  { name: 'unused', about: 'knip: files, exports and dependencies that nothing uses', commands: [[program('knip/bin/knip.js'), '--no-progress']] },
  { name: 'layers', about: 'imports point toward core', commands: [['scripts/check-layers.mjs']] },
  { name: 'unit', about: 'src/**/*.test.ts, test/**/*.test.ts', files: (file) => !isIntegration(file) && !isEndToEnd(file) },
  { name: 'integration', about: '*.integration.test.ts: real servers and databases', files: (file) => isIntegration(file) && !isEndToEnd(file) },
  { name: 'e2e', about: 'test/e2e/: the whole product', files: (file) => isEndToEnd(file) },
];

process.chdir(ROOT);
process.exitCode = await main(process.argv.slice(2));

async function main(args) {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help) return help();
  const unknown = positionals.filter((word) => !isPath(word) && !STAGES.some(({ name }) => name === word));
  if (unknown.length > 0) {
    console.error(`error: no stage is called ${unknown.join(', ')}\nhint: npm test -- --help`);
    return 2;
  }
  return report(await runStages(plan(positionals)));
}

function help() {
  console.log('npm test [-- STAGE | FILE ...]\n\nWithout arguments every stage runs, in this order:\n');
  for (const { name, about } of STAGES) console.log(`  ${name.padEnd(12)} ${about}`);
  console.log(
    '\nFILE is a test file. With CI=true a skipped test is a failure.\nSALLYPORT_CASES is the folder of shared cases (default ../shared/cases); tests whose cases are not there pass.',
  );
  return 0;
}

/** What the words name: whole stages, or single files, each in the stage that it belongs to. */
function plan(words) {
  const named = words.filter(isPath);
  const everything = words.length === 0;
  const files = testFiles();
  return STAGES.flatMap((stage) => {
    const whole = everything || words.includes(stage.name);
    if (stage.commands) return whole ? [stage] : [];
    const chosen = (whole ? files : named).filter(stage.files);
    return whole || chosen.length > 0 ? [{ ...stage, files: chosen }] : [];
  });
}

async function runStages(stages) {
  const needs = stages.flatMap(({ files }) => files ?? []).map((file) => ({ file, source: readFileSync(file, 'utf8') }));
  const missing = ensurePackages(({ usedBy }) => needs.some(({ source }) => usedBy.test(source)));
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const stage of stages) {
    const started = performance.now();
    process.stdout.write(`${stage.name.padEnd(12)} `);
    const outcome = stage.commands ? runCommands(stage.commands) : await runTests(stage, missing, needs);
    const counts = [`${outcome.passed} passed`, ...['failed', 'skipped'].filter((kind) => outcome[kind] > 0).map((kind) => `${outcome[kind]} ${kind}`)].join(
      ', ',
    );
    console.log(`${counts} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
    if (outcome.said !== '') console.log(indented(outcome.said));
    for (const kind of Object.keys(total)) total[kind] += outcome[kind];
  }
  return total;
}

function runCommands(commands) {
  const runs = commands.map((args) =>
    spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26, env: { ...process.env, NO_COLOR: '1' } }),
  );
  const failed = runs.filter(({ status }) => status !== 0);
  return {
    passed: runs.length - failed.length,
    failed: failed.length,
    skipped: 0,
    said: failed.map(({ stdout, stderr, error }) => `${stdout}${stderr}${error ?? ''}`.trim()).join('\n'),
  };
}

/** Files that need a package which is not there are skipped, each counted as one. */
async function runTests({ files }, missing, needs) {
  const barred = needs
    .flatMap(({ file, source }) => missing.filter(({ usedBy }) => usedBy.test(source)).map(({ name }) => ({ file, name })))
    .filter(({ file }) => files.includes(file));
  const able = files.filter((file) => barred.every((one) => one.file !== file));
  const outcome = await runTestFiles(able);
  const notes = barred.map(({ file, name }) => `skipped ${file}: ${name} is not installed`);
  return { ...outcome, skipped: outcome.skipped + files.length - able.length, said: [...notes, outcome.said].filter((text) => text !== '').join('\n') };
}

function report({ passed, failed, skipped }) {
  if (skipped > 0 && process.env.CI === 'true') console.log('\nwith CI=true a skipped test is a failure');
  console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  const refused = failed > 0 || passed === 0 || (skipped > 0 && process.env.CI === 'true');
  return refused ? 1 : 0;
}

function indented(text) {
  return text.replace(/^(?=.)/gm, '  ');
}

function isIntegration(file) {
  return file.endsWith('.integration.test.ts');
}

function isEndToEnd(file) {
  return file.startsWith('test/e2e/');
}

function isPath(word) {
  return word.endsWith('.test.ts');
}

function testFiles() {
  return globSync(['src/**/*.test.ts', 'test/**/*.test.ts', 'console/src/**/*.test.ts', 'examples/**/*.test.ts', 'bench/**/*.test.ts'], {
    cwd: ROOT,
  }).toSorted();
}
