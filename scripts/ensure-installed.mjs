// Brings node_modules up to package-lock.json, and finds the Node that the project runs on.
// It may be read by the machine's own Node 20 before anything is installed: plain JavaScript, no dependency.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const NODE = join(ROOT, 'node_modules/node/bin/node');

/** Installs what is missing; returns without starting a process where nothing is. Exits with a hint where it cannot. */
export function ensureInstalled() {
  if (!isInstalled()) install();
  if (!existsSync(NODE)) npm(['rebuild', 'node', '--ignore-scripts=false'], "installing the project's own Node");
  if (existsSync(NODE)) return;
  fail(
    "the project's own Node is missing: node_modules/node/bin/node",
    'its install script must be allowed to run: `npm config get ignore-scripts`, then `npm rebuild node`',
  );
}

/** The environment of everything that the project runs: its own Node first, its compiled code kept. */
export function projectEnvironment() {
  const path = [join(ROOT, 'node_modules/.bin'), process.env.PATH].join(delimiter);
  return { NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/compile'), ...process.env, PATH: path };
}

/** Install scripts of packages do not run, but for the one that brings Node. */
function install() {
  npm(['ci', '--ignore-scripts'], 'installing packages (npm ci), once');
}

/** npm writes what it installed into node_modules/.package-lock.json; optional packages may be for other machines. */
function isInstalled() {
  const installed = join(ROOT, 'node_modules/.package-lock.json');
  if (!existsSync(installed)) return false;
  const [wanted, present] = [readLock(join(ROOT, 'package-lock.json')), readLock(installed)];
  return Object.entries(wanted).every(([path, { version, optional, devOptional }]) => {
    if (path === '' || optional === true || devOptional === true) return true;
    return present[path] !== undefined && present[path].version === version;
  });
}

function readLock(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}

function npm(args, doing) {
  const started = Date.now();
  console.log(`${doing} ...`);
  const [program, ...before] = npmCommand();
  const flags = ['--no-audit', '--no-fund', '--loglevel=error'];
  const run = spawnSync(program, [...before, ...args, ...flags], { cwd: ROOT, stdio: 'inherit', env: { ...process.env, PATH: outerPath() } });
  if (run.status !== 0) fail(`npm ${args.join(' ')} failed`, 'read what npm said above; it must reach its registry, or have the packages in its cache');
  console.log(`${doing}: done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/** The npm that called us if one did. It runs on a Node outside node_modules, which it is about to replace. */
function npmCommand() {
  const called = process.env.npm_execpath;
  const node = outerPath()
    .split(delimiter)
    .map((folder) => join(folder, 'node'))
    .find((file) => existsSync(file));
  return called !== undefined && called.endsWith('.js') && node !== undefined ? [node, called] : ['npm'];
}

function outerPath() {
  const inside = join(realpathSync(ROOT), 'node_modules') + sep;
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.filter((folder) => folder !== '' && !`${resolved(folder)}${sep}`.startsWith(inside)).join(delimiter);
}

function resolved(folder) {
  return existsSync(folder) ? realpathSync(folder) : folder;
}

function fail(error, hint) {
  console.error(`error: ${error}`);
  console.error(`hint: ${hint}`);
  process.exit(1);
}
