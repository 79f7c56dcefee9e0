import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Certificates } from './certificates.ts';
import { until } from './until.ts';

export interface SyslogMessage {
  readonly priority: string;
  readonly time: string;
  readonly host: string;
  readonly app: string;
  readonly messageId: string;
  /** As it was sent, brackets and all; `-` where there is none. */
  readonly structured: string;
  readonly text: string;
}

/** Debian's rsyslog in a temporary folder; no system service is asked for or touched. */
export interface Rsyslog {
  readonly port: number;
  messages(): Promise<readonly SyslogMessage[]>;
  /** Everything it wrote. */
  raw(): Promise<string>;
  stop(): Promise<void>;
  /** Starts again on the same port. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function startRsyslog(tls?: Certificates): Promise<Rsyslog> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-rsyslog-'));
  const output = join(folder, 'messages');
  let server = await startServer(folder, 0, tls);
  const { port } = server;
  const raw = (): Promise<string> => readFile(output, 'utf8').catch(() => '');
  const stop = async (): Promise<void> => stopServer(server.process);
  return {
    port,
    raw,
    messages: async () => (await raw()).split('\n').slice(0, -1).map(parseMessage),
    stop,
    restart: async () => void (server = await startServer(folder, port, tls)),
    async close() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const SEPARATOR = '\u241e';
const PROPERTIES = ['pri', 'timereported:::date-rfc3339', 'hostname', 'app-name', 'msgid', 'structured-data', 'msg'];

function parseMessage(line: string): SyslogMessage {
  const [priority = '', time = '', host = '', app = '', messageId = '', structured = '', text = ''] = line.split(SEPARATOR);
  return { priority, time, host, app, messageId, structured, text };
}

async function startServer(folder: string, port: number, tls: Certificates | undefined): Promise<{ readonly port: number; readonly process: ChildProcess }> {
  const [settings, portFile] = [join(folder, 'conf'), join(folder, 'port')];
  await rm(portFile, { force: true });
  await writeFile(settings, settingsOf(folder, port, portFile, tls));
  const server = spawn('/usr/sbin/rsyslogd', ['-n', '-i', join(folder, 'pid'), '-f', settings], { stdio: ['ignore', 'ignore', 'pipe'] });
  const said: Buffer[] = [];
  server.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  const killed = (): void => void server.kill('SIGKILL');
  process.once('exit', killed);
  server.once('exit', () => process.off('exit', killed));
  const found = await until('rsyslog to listen', async () => {
    if (server.exitCode !== null) throw new Error(`rsyslog did not start:\n${Buffer.concat(said).toString()}`);
    const chosen = port || Number(await readFile(portFile, 'utf8').catch(() => 0));
    return chosen > 0 && (await accepts(chosen)) ? chosen : undefined;
  });
  return { port: found, process: server };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.end());
  });
}

function settingsOf(folder: string, port: number, portFile: string, tls: Certificates | undefined): string {
  const files = tls
    ? ` defaultNetstreamDriver="gtls" defaultNetstreamDriverCAFile="${tls.ca}" defaultNetstreamDriverCertFile="${tls.cert}" defaultNetstreamDriverKeyFile="${tls.key}"`
    : '';
  const stream = tls ? ' StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon"' : '';
  const template = PROPERTIES.map((property) => `%${property}%`).join(SEPARATOR);
  return `global(workDirectory="${folder}"${files})
module(load="imtcp"${stream})
template(name="line" type="string" string="${template}\\n")
ruleset(name="all") { action(type="omfile" file="${join(folder, 'messages')}" template="line" flushOnTXEnd="on") }
input(type="imtcp" address="127.0.0.1" port="${port}" listenPortFileName="${portFile}" ruleset="all")
`;
}

async function stopServer(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, 'exit');
  server.kill('SIGTERM');
  await exited;
}
