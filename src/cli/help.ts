import { COMMANDS, COMMON } from './command-table.ts';
import type { CommandSpec } from './command.ts';
import { EXIT_MEANINGS } from './exit-code.ts';
import { alignColumns } from './columns.ts';

/** `group` is the first word of its commands; '' is all of them. */
export function groupHelp(group: string): string {
  const commands = COMMANDS.filter(({ name }) => group === '' || name.startsWith(`${group} `));
  const rows = alignColumns(commands.map(({ name, about }) => [`  ${name}`, about]));
  const name = group === '' ? 'sallyport' : `sallyport ${group}`;
  return [
    `usage: ${name} COMMAND [OPTIONS]`,
    ...(group === '' ? [] : ['']),
    ...commands.flatMap(({ heading }, at) => [...(group === '' && heading !== undefined ? ['', heading] : []), rows[at] ?? '']),
    '',
    `${name} COMMAND --help tells more. Every command takes --json.`,
    ...(group === '' ? ['sallyport --version tells which this is.', ...exitCodes()] : []),
  ].join('\n');
}

export function commandHelp(command: CommandSpec): string {
  const words = (command.arguments ?? []).map(({ name, need }) => (need === 'required' ? name : `[${name}]`));
  const program = command.program === undefined ? [] : [`[-- ${command.program}]`];
  const options = Object.entries({ ...command.options, ...COMMON });
  return [
    ['usage: sallyport', command.name, ...words, '[OPTIONS]', ...program].join(' '),
    '',
    capitalized(command.about),
    ...section((command.arguments ?? []).map(({ name, about }) => [`  ${name}`, about])),
    ...section(options.map(([name, { value, about }]) => [`  --${name}${value === undefined ? '' : ` ${value}`}`, about])),
    ...(command.examples ? ['', ...command.examples.map((example) => `  $ ${example}`)] : []),
  ].join('\n');
}

function section(rows: readonly (readonly string[])[]): readonly string[] {
  return rows.length === 0 ? [] : ['', ...alignColumns(rows)];
}

function exitCodes(): readonly string[] {
  return ['', 'exit codes', ...alignColumns(Object.entries(EXIT_MEANINGS).map(([code, meaning]) => [`  ${code}`, meaning]))];
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
