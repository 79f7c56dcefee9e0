import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { SallyportError } from '../../core/error.ts';
import type { Invocation } from '../command.ts';
import { mintDatabaseLogin } from '../database-login.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { openLocalPort, type LocalPort } from '../local-port.ts';
import { stopSignal } from '../stop-signal.ts';
import type { DatabaseLoginView } from '../views.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { options, program } = invocation;
  const asked = portOption(options['port']);
  const login = await mintDatabaseLogin(invocation);
  const local = await openLocalPort({ port: asked, to: login, ca: options['ca'] });
  try {
    return program.length > 0 ? await runProgram(program, login, local) : await untilStopped(invocation, login, local);
  } finally {
    await local.close();
  }
}

function portOption(text: string | undefined): number {
  if (text === undefined) return 0;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port > 0 && port < 65_536) return port;
  throw new SallyportError('usage', `--port ${text} is no port`, { hint: 'a number from 1 to 65535; without it a free one is taken' });
}

/** It finds the password in its environment, where other users of the machine do not see it. Its end is ours, also its exit code. */
async function runProgram([name = '', ...args]: readonly string[], { target, user, password }: DatabaseLoginView, { port }: LocalPort): Promise<ExitCode> {
  const place = {
    PGHOST: '127.0.0.1',
    PGPORT: String(port),
    PGDATABASE: target,
    PGUSER: user,
    PGPASSWORD: password,
    PGSSLMODE: 'disable',
    PGGSSENCMODE: 'disable',
    // Nobody between gets the password asked for in the clear.
    PGREQUIREAUTH: 'scram-sha-256',
  };
  const child = spawn(name, args, { stdio: 'inherit', env: { ...process.env, ...place } });
  // Ctrl-C in a terminal goes to both; psql makes a cancel request of it, for which this has to stay.
  const stay = (): void => {};
  process.on('SIGINT', stay);
  try {
    const [code, signal] = (await once(child, 'exit').catch(cannotRun(name))) as [number | null, NodeJS.Signals | null]; // as Node documents it
    // Exit codes of programs are theirs.
    return (code ?? 128 + (signal ? constants.signals[signal] : 0)) as ExitCode;
  } finally {
    process.off('SIGINT', stay);
  }
}

function cannotRun(name: string): (cause: unknown) => never {
  return (cause) => {
    throw new SallyportError('usage', `${name} cannot be run`, { cause, hint: 'is it installed?' });
  };
}

/** Until Ctrl-C, or until the sign-in at the gateway has run out. The password is in a file that only its owner reads. */
async function untilStopped({ terminal, format }: Invocation, login: DatabaseLoginView, { port }: LocalPort): Promise<ExitCode> {
  const { target, user, password, expiresAt } = login;
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-connect-'));
  try {
    const file = join(folder, 'pgpass');
    await writeFile(file, `127.0.0.1:${port}:*:${user}:${password}\n`, { mode: 0o600 });
    const line = `PGPASSFILE='${file}' psql 'host=127.0.0.1 port=${port} user=${user} dbname=${target}'`;
    if (format === 'json') terminal.json({ host: '127.0.0.1', port, user, database: target, passfile: file, expiresAt });
    else terminal.line(line);
    terminal.note(`new connections until ${expiresAt}; Ctrl-C closes the port`);
    await stopSignal();
    return EXIT.ok;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
