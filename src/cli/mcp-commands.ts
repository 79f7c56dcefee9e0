import type { CommandSpec } from './command.ts';
import { TARGETS_ARE } from './option-specs.ts';

/** What connects MCP clients. */
export const MCP_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'mcp config',
    heading: 'MCP clients',
    about: 'print what a client needs to reach a target through the gateway, or write it into its file',
    arguments: [{ name: 'CLIENT', about: 'claude, cursor, vscode or codex', need: 'required' }],
    options: {
      target: { value: 'NAME', about: 'only this target (default: all in reach)' },
      bridge: { about: 'let the client start `sallyport mcp bridge`, instead of signing in itself' },
      write: { about: 'add it to the file, beside what is there; what it was is kept in a copy' },
      file: { value: 'FILE', about: "the file (default: the client's own, of this folder where it has one)" },
    },
    examples: ['sallyport mcp config claude --target models', 'sallyport mcp config codex --write'],
    load: () => import('./commands/mcp-config.ts'),
  },
  {
    name: 'mcp bridge',
    about: 'let a client that starts its servers itself (stdio) speak to a target, as whoever signed in',
    arguments: [{ name: 'TARGET', about: 'the target', need: 'required' }],
    whereAbsent: TARGETS_ARE,
    examples: ['sallyport mcp bridge models'],
    load: () => import('./commands/mcp-bridge.ts'),
  },
];
