// `npm test`: installs what is missing, then hands over to scripts/run-tests.mjs on the project's own Node.
// Runs on the machine's Node 20 or newer.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { ensureInstalled, NODE, projectEnvironment, ROOT } from './ensure-installed.mjs';

ensureInstalled();
const run = spawn(NODE, [join(ROOT, 'scripts/run-tests.mjs'), ...process.argv.slice(2)], { cwd: ROOT, stdio: 'inherit', env: projectEnvironment() });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => run.kill(signal));
run.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
