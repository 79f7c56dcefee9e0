import type { TargetView } from './targets.ts';

/** A client, and exactly what to paste for it. */
export interface ClientText {
  readonly client: string;
  /** Where the text goes. */
  readonly where: string;
  readonly text: string;
  /** What happens then. */
  readonly then: string;
}

/** For clients that are known; with a token for those that do not sign in by themselves. */
export function clientTexts({ name, protocol, url }: Pick<TargetView, 'name' | 'protocol' | 'url'>, token?: string): readonly ClientText[] {
  return protocol === 'mcp' ? mcpTexts(name, url, token) : databaseTexts(name, new URL(url).origin);
}

/** Each has its own form of the same facts: name, address and, where there is one, token. */
function mcpTexts(name: string, url: string, token: string | undefined): readonly ClientText[] {
  const authorization = `Bearer ${token}`;
  const headers = token === undefined ? {} : { headers: { Authorization: authorization } };
  const header = token === undefined ? '' : ` --header "Authorization: ${authorization}"`;
  const json = (value: object): string => JSON.stringify(value, null, 2);
  const then = token === undefined ? 'It opens the browser when it first connects: sign in there, and let it in.' : 'The token is in it: keep it to yourself.';
  return [
    { client: 'Most clients', where: 'the client’s mcp.json', text: json({ mcpServers: { [name]: { type: 'http', url, ...headers } } }), then },
    { client: 'Claude Code', where: 'a terminal', text: `claude mcp add --transport http ${name} ${url}${header}`, then },
    { client: 'VS Code', where: '.vscode/mcp.json', text: json({ servers: { [name]: { type: 'http', url, ...headers } } }), then },
    { client: 'Cursor', where: '.cursor/mcp.json', text: json({ mcpServers: { [name]: { url, ...headers } } }), then },
    {
      client: 'MCP Inspector',
      where: 'a terminal',
      text: `npx @modelcontextprotocol/inspector --cli ${url} --transport http${header} --method tools/list`,
      then,
    },
  ];
}

/** The gateway's command line makes their logins: no client of a database signs in by a browser. */
function databaseTexts(name: string, gateway: string): readonly ClientText[] {
  const typed = (command: string): Pick<ClientText, 'where' | 'text'> => ({ where: 'a terminal', text: `sallyport login --gateway ${gateway}\n${command}` });
  return [
    { client: 'psql', ...typed(`sallyport connect ${name} -- psql`), then: 'It is connected as you, as long as it runs.' },
    { client: 'Programs here', ...typed(`sallyport connect ${name}`), then: 'It opens a port on this machine, and says how to connect to it.' },
    {
      client: 'Programs elsewhere',
      ...typed(`sallyport credentials ${name} --for 8h`),
      then: 'It prints a host, a name and a password that is good for eight hours.',
    },
  ];
}
