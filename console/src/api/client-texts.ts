import type { TargetView } from './targets.ts';

/** A client, and exactly what to paste into it. */
export interface ClientText {
  readonly client: string;
  /** Where the text goes. */
  readonly where: string;
  readonly text: string;
}

/** For MCP clients that are known; each has its own form of the same three facts: name, address, token. */
export function clientTexts({ name, url }: Pick<TargetView, 'name' | 'url'>, token: string): readonly ClientText[] {
  const headers = { Authorization: `Bearer ${token}` };
  const json = (value: object): string => JSON.stringify(value, null, 2);
  return [
    { client: 'Most clients', where: 'the client’s mcp.json', text: json({ mcpServers: { [name]: { type: 'http', url, headers } } }) },
    { client: 'Claude Code', where: 'a terminal', text: `claude mcp add --transport http ${name} ${url} --header "Authorization: Bearer ${token}"` },
    { client: 'VS Code', where: '.vscode/mcp.json', text: json({ servers: { [name]: { type: 'http', url, headers } } }) },
    { client: 'Cursor', where: '.cursor/mcp.json', text: json({ mcpServers: { [name]: { url, headers } } }) },
    {
      client: 'MCP Inspector',
      where: 'a terminal',
      text: `npx @modelcontextprotocol/inspector --cli ${url} --transport http --header "Authorization: Bearer ${token}" --method tools/list`,
    },
  ];
}
