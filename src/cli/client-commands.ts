import type { CommandSpec } from './command.ts';
import { LOGIN_LIFE, TARGET, TARGETS_ARE } from './option-specs.ts';

/** What connects clients to targets. */
export const CLIENT_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'mcp config',
    heading: 'clients',
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
  {
    name: 'connect',
    about: 'open a port on this machine that leads to a database target, until Ctrl-C or as long as a program runs',
    arguments: [TARGET],
    program: 'PROGRAM...',
    options: {
      for: LOGIN_LIFE,
      port: { value: 'PORT', about: 'the port (default: any that is free)' },
      ca: { value: 'FILE', about: "the authorities that the gateway's certificate may come from, PEM (default: the system's)" },
    },
    whereAbsent: TARGETS_ARE,
    examples: ['sallyport connect shop', "sallyport connect shop -- psql -c 'select 1'"],
    load: () => import('./commands/connect.ts'),
  },
  {
    name: 'credentials',
    about: 'a name and a short-lived password for one database target, for clients that are told them',
    arguments: [TARGET],
    options: { for: LOGIN_LIFE },
    whereAbsent: TARGETS_ARE,
    examples: ['sallyport credentials shop --for 8h'],
    load: () => import('./commands/credentials.ts'),
  },
];
