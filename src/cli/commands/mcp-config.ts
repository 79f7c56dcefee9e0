import { isAbsolute, join, relative, resolve } from 'node:path';
import { didYouMean } from '../../core/closest-name.ts';
import { SallyportError } from '../../core/error.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { connectSignedIn } from '../gateway-client.ts';
import { MCP_CLIENTS, type Connection, type McpClient } from '../mcp-clients.ts';
import { readOwnFile, replaceFile } from '../safe-write.ts';
import { mergeServers, writeServers, type Servers } from '../server-document.ts';
import { targets } from '../views.ts';

const BIN = join(import.meta.dirname, '../../../bin/sallyport');

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, flags, options, format } = invocation;
  const client = clientNamed(invocation.arguments[0] ?? '');
  const servers: Servers = { member: client.servers, entries: await entriesOf(invocation, client) };
  const named = options['file'];
  const file = named === undefined ? client.file(terminal.env, process.cwd()) : resolve(named);
  if (!flags.has('write')) {
    const text = writeServers(client.format, servers);
    if (format === 'json') terminal.json({ client: client.name, file, text });
    else for (const line of text.trimEnd().split('\n')) terminal.line(line);
    if (format === 'text') terminal.note(`for ${client.title}, in ${shown(file)}; --write puts it there`);
    return EXIT.ok;
  }
  const before = await readOwnFile(file);
  const after = mergeServers(client.format, before, servers);
  const changed = after !== before;
  const copy = changed ? await replaceFile(file, after) : undefined;
  const kind = flags.has('bridge') ? 'command' : 'url';
  if (format === 'json') terminal.json({ client: client.name, file, changed, ...(copy === undefined ? {} : { copy }) });
  else {
    terminal.line(changed ? `${shown(file)} names ${Object.keys(servers.entries).join(', ')} now` : `${shown(file)} says so already`);
    if (copy !== undefined) terminal.line(`what it was is in ${shown(copy)}`);
    terminal.line(`next: ${client.next(Object.keys(servers.entries), kind)}`);
  }
  return EXIT.ok;
}

function clientNamed(name: string): McpClient {
  const client = MCP_CLIENTS.find((one) => one.name === name);
  const known = MCP_CLIENTS.map((one) => one.name);
  if (!client) throw new SallyportError('usage', `${name} is no client that is known`, { hint: `${didYouMean(name, known)}known: ${known.join(', ')}` });
  return client;
}

/** Of one target, or of all that are in reach. */
async function entriesOf(invocation: Invocation, client: McpClient): Promise<Servers['entries']> {
  const gateway = await connectSignedIn(invocation);
  const reachable = (await gateway.get('/api/targets', targets)).targets.filter(({ protocol }) => protocol === 'mcp');
  const wanted = invocation.options['target'];
  const chosen = wanted === undefined ? reachable : reachable.filter(({ name }) => name === wanted);
  if (chosen.length === 0)
    throw new SallyportError('not_found', wanted === undefined ? 'no MCP server is in your reach' : 'no such MCP server, or you may not reach it', {
      hint: reachable.length === 0 ? '`sallyport whoami` names the targets in reach' : `in your reach: ${reachable.map(({ name }) => name).join(', ')}`,
    });
  return Object.fromEntries(chosen.map(({ name, url }) => [name, client.server(connectionOf(invocation, name, url))]));
}

/** A client that is started from a desktop has its own idea of where programs are. */
function connectionOf({ flags, terminal }: Invocation, name: string, url: string): Connection {
  if (!flags.has('bridge')) return { url };
  const home = terminal.env['SALLYPORT_HOME'];
  return { command: BIN, args: ['mcp', 'bridge', name], ...(home === undefined ? {} : { env: { SALLYPORT_HOME: resolve(home) } }) };
}

function shown(file: string): string {
  const path = relative(process.cwd(), file);
  return path === '' || path.startsWith('..') || isAbsolute(path) ? file : path;
}
