import { parseArgs } from 'node:util';
import packageFile from '../../package.json' with { type: 'json' };
import { closestName, didYouMean } from '../core/closest-name.ts';
import { explainError, isSallyportError, SallyportError } from '../core/error.ts';
import { COMMANDS, COMMON } from './command-table.ts';
import type { CommandSpec, Invocation, OptionSpec } from './command.ts';
import { EXIT, exitCodeOf, type ExitCode } from './exit-code.ts';
import { commandHelp, groupHelp } from './help.ts';
import type { Terminal } from './terminal.ts';

/** Finds the command in the table, parses what belongs to it, runs it, and tells what went wrong. */
export async function runCommandLine(given: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const words = commandFirst(given);
  const format = beforeProgram(words).includes('--json') ? 'json' : 'text';
  try {
    return await dispatch(words, terminal, format);
  } catch (error) {
    report(error, terminal, format);
    return exitCodeOf(error);
  }
}

/** `sallyport --json whoami` is meant like `sallyport whoami --json`, and `sallyport help login` like `sallyport login --help`. */
function commandFirst([first = '', ...rest]: readonly string[]): readonly string[] {
  if (first === '--json') return [...rest, first];
  if (/^(?:help|--help|-h)$/.test(first)) return [...rest, '--help'];
  return first === '' ? [] : [first, ...rest];
}

async function dispatch(words: readonly string[], terminal: Terminal, format: Invocation['format']): Promise<ExitCode> {
  const found = findCommand(words);
  if (found.command === undefined) return overview(words, found.group, terminal);
  const invocation = parse(found.command, words.slice(found.command.name.split(' ').length), terminal, format);
  if (invocation === 'help') {
    terminal.line(commandHelp(found.command));
    return EXIT.ok;
  }
  const { run } = await found.command.load();
  return run(invocation).catch((error: unknown) => {
    throw withWayOut(error, found.command?.whereAbsent);
  });
}

/** The gateway does not tell apart what does not exist and what one may not see; the command knows where names come from. */
function withWayOut(error: unknown, hint: string | undefined): unknown {
  if (hint === undefined || !isSallyportError(error, 'not_found') || error.hint !== undefined) return error;
  return new SallyportError('not_found', error.message, { cause: error.cause, hint });
}

interface Found {
  readonly command?: CommandSpec;
  /** The words that begin names of commands: `approvals`. */
  readonly group: string;
}

function findCommand(words: readonly string[]): Found {
  const command = COMMANDS.find(({ name }) => name.split(' ').every((word, at) => words[at] === word));
  if (command) return { command, group: '' };
  const group = words[0] ?? '';
  return { group: COMMANDS.some(({ name }) => name.startsWith(`${group} `)) ? group : '' };
}

/** Help where it was asked for; else what was typed is no command. */
function overview(words: readonly string[], group: string, terminal: Terminal): ExitCode {
  const rest = group === '' ? words : words.slice(1);
  const next = rest.find((word) => word !== '--json');
  if (next === '--help' || next === '-h') {
    terminal.line(groupHelp(group));
    return EXIT.ok;
  }
  if (group === '' && next === '--version') {
    if (rest.includes('--json')) terminal.json({ version: packageFile.version });
    else terminal.line(`sallyport ${packageFile.version}`);
    return EXIT.ok;
  }
  const name = group === '' ? 'sallyport' : `sallyport ${group}`;
  if (next === undefined) throw new SallyportError('usage', `${name} needs a command`, { hint: `${name} --help` });
  const place = group === '' ? 0 : 1;
  const known = COMMANDS.filter((command) => place === 0 || command.name.startsWith(`${group} `)).flatMap((command) => command.name.split(' ')[place] ?? []);
  throw new SallyportError('usage', `${name} has no command ${next}`, { hint: `${didYouMean(next, known)}${name} --help` });
}

/** What follows `--` is no business of ours. */
const beforeProgram = (words: readonly string[]): readonly string[] => (words.includes('--') ? words.slice(0, words.indexOf('--')) : words);

function parse(command: CommandSpec, given: readonly string[], terminal: Terminal, format: Invocation['format']): Invocation | 'help' {
  const specs: Readonly<Record<string, OptionSpec>> = { ...command.options, ...COMMON };
  const words = command.program === undefined ? given : beforeProgram(given);
  const { values, positionals } = parseWords(command, specs, words);
  if (values['help'] === true) return 'help';
  requireArguments(command, positionals);
  const entries = Object.entries(values);
  return {
    terminal,
    format,
    arguments: positionals,
    program: given.slice(words.length + 1),
    options: Object.fromEntries(entries.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : []))),
    lists: Object.fromEntries(entries.flatMap(([name, value]) => (Array.isArray(value) ? [[name, value.map(String)]] : []))),
    flags: new Set(entries.flatMap(([name, value]) => (value === true ? [name] : []))),
  };
}

function parseWords(command: CommandSpec, specs: Readonly<Record<string, OptionSpec>>, words: readonly string[]) {
  const options = Object.fromEntries(
    Object.entries(specs).map(([name, { value, repeats }]) => [
      name,
      { type: value === undefined ? ('boolean' as const) : ('string' as const), multiple: repeats === 'yes', ...(name === 'help' ? { short: 'h' } : {}) },
    ]),
  );
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true });
  } catch (cause) {
    // "Unknown option '--x'. To specify a positional argument ..., place it at the end": the first sentence is enough.
    const [sentence = ''] = explainError(cause).split('. ');
    const [, unknown = ''] = /^Unknown option '--(.+)'$/.exec(sentence) ?? [];
    const known = closestName(unknown, Object.keys(specs));
    throw usage(command, sentence.charAt(0).toLowerCase() + sentence.slice(1), { cause, ...(known === undefined ? {} : { meant: `--${known}` }) });
  }
}

function requireArguments(command: CommandSpec, given: readonly string[]): void {
  const specs = command.arguments ?? [];
  const missing = specs[given.length];
  if (missing?.need === 'required') throw usage(command, `${missing.name} is missing: ${missing.about}`);
  if (given.length > specs.length) throw usage(command, `unexpected word ${given[specs.length] ?? ''}`);
}

function usage(command: CommandSpec, message: string, { cause, meant }: { readonly cause?: unknown; readonly meant?: string } = {}): SallyportError {
  return new SallyportError('usage', message, { cause, hint: `${meant === undefined ? '' : `did you mean ${meant}? `}sallyport ${command.name} --help` });
}

function report(error: unknown, terminal: Terminal, format: Invocation['format']): void {
  const code = isSallyportError(error) ? error.code : 'internal';
  const hint = isSallyportError(error) ? error.hint : undefined;
  const message = isSallyportError(error) && code !== 'internal' ? error.message : explainError(error);
  if (format === 'json') return terminal.note(JSON.stringify({ error: { code, message, ...(hint ? { hint } : {}) } }));
  terminal.note(`error: ${message}`);
  // Whoever runs a command beside the database is its operator; what a gateway answers has no cause here.
  if (isSallyportError(error, 'storage_failed') && error.cause !== undefined) terminal.note(`cause: ${explainError(error.cause)}`);
  if (hint) terminal.note(`hint: ${hint}`);
}
