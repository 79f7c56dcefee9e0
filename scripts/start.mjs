// `npm start`: installs what is missing, builds the console where it is out of date, and starts the demo.
// Runs on the machine's Node 20 or newer; what it starts runs on the project's own Node.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { ensureInstalled, NODE, projectEnvironment, ROOT } from './ensure-installed.mjs';

ensureInstalled();
ensureConsole();
startDemo();

function ensureConsole() {
  const sources = join(ROOT, 'console');
  if (!existsSync(join(sources, 'index.html')) || builtAt() >= newest(sources)) return;
  console.log('building the console ...');
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  const run = spawnSync(NODE, [vite, 'build', '--logLevel', 'warn'], { cwd: sources, stdio: 'inherit', env: projectEnvironment() });
  if (run.status === 0) return;
  console.error('error: the console could not be built');
  process.exit(1);
}

function builtAt() {
  const page = join(ROOT, 'console/dist/index.html');
  return existsSync(page) ? statSync(page).mtimeMs : 0;
}

/** When something in the folder last changed. */
function newest(folder) {
  const entries = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => name !== 'dist' && name !== 'node_modules');
  return Math.max(0, ...entries.map((entry) => (entry.isDirectory() ? newest(join(folder, entry.name)) : statSync(join(folder, entry.name)).mtimeMs)));
}

/** Signals are passed on, and the exit code is the gateway's: 0 for a clean stop. */
function startDemo() {
  const gateway = spawn(join(ROOT, 'bin/sallyport'), ['start', '--demo', ...process.argv.slice(2)], { stdio: 'inherit', env: projectEnvironment() });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => gateway.kill(signal));
  gateway.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}
