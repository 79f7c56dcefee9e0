import { homedir } from 'node:os';
import { join } from 'node:path';

/** How a client reaches a target: itself over HTTP, signing in by OAuth, or by starting `sallyport mcp bridge`. */
export type Connection =
  | { readonly url: string }
  | { readonly command: string; readonly args: readonly string[]; readonly env?: Readonly<Record<string, string>> };

/** An MCP client, and the form in which it is told of its servers. */
export interface McpClient {
  readonly name: string;
  readonly title: string;
  readonly format: 'json' | 'toml';
  /** The member of the document that holds the servers, by their names. */
  readonly servers: string;
  /** The file that is meant where nobody names another. */
  file(env: Env, folder: string): string;
  /** One server, as its documentation has it. */
  server(connection: Connection): object;
  /** What to do once the file is there. */
  next(servers: readonly string[], connection: 'url' | 'command'): string;
}

type Env = Readonly<Record<string, string | undefined>>;

const isUrl = (connection: Connection): connection is { readonly url: string } => 'url' in connection;
const asItIs = (connection: Connection): object => connection;
const withType = (connection: Connection): object => ({ type: isUrl(connection) ? 'http' : 'stdio', ...connection });

const SIGNS_IN = { url: 'it opens a browser to sign in when it first connects', command: 'it uses the sign-in of `sallyport login`' } as const;

/** https://code.claude.com/docs/en/mcp: the project's file, for everybody who works on it. */
const claude: McpClient = {
  name: 'claude',
  title: 'Claude Code',
  format: 'json',
  servers: 'mcpServers',
  file: (_env, folder) => join(folder, '.mcp.json'),
  server: withType,
  next: (_servers, kind) => `start claude here and type /mcp; ${SIGNS_IN[kind]}`,
};

/** https://cursor.com/docs/mcp: a URL alone is Streamable HTTP. */
const cursor: McpClient = {
  name: 'cursor',
  title: 'Cursor',
  format: 'json',
  servers: 'mcpServers',
  file: (_env, folder) => join(folder, '.cursor', 'mcp.json'),
  server: asItIs,
  next: (_servers, kind) => `open the folder in Cursor and look at its MCP settings; ${SIGNS_IN[kind]}`,
};

/** https://code.visualstudio.com/docs/copilot/reference/mcp-configuration */
const vscode: McpClient = {
  name: 'vscode',
  title: 'VS Code',
  format: 'json',
  servers: 'servers',
  file: (_env, folder) => join(folder, '.vscode', 'mcp.json'),
  server: withType,
  next: (_servers, kind) => `open the folder in VS Code and start the server there; ${SIGNS_IN[kind]}`,
};

/** https://developers.openai.com/codex/mcp */
const codex: McpClient = {
  name: 'codex',
  title: 'Codex',
  format: 'toml',
  servers: 'mcp_servers',
  file: (env) => join(env['CODEX_HOME'] ?? join(env['HOME'] ?? homedir(), '.codex'), 'config.toml'),
  server: asItIs,
  next: (servers, kind) => (kind === 'url' ? `sign in: ${servers.map((name) => `codex mcp login ${name}`).join('; ')}` : SIGNS_IN.command),
};

export const MCP_CLIENTS: readonly McpClient[] = [claude, cursor, vscode, codex];
