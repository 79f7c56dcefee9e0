import type { Startup } from './handshake.ts';

export interface Setting {
  readonly name: string;
  readonly value: string;
}

/** Parameters that are no settings, or that were dealt with. */
const OTHERS: ReadonlySet<string> = new Set(['user', 'database', 'replication', 'options', 'application_name']);

/**
 * What a client asks for when it connects: `options` as a server reads them, then settings by their names. Undefined where
 * `options` hold anything but settings.
 */
export function startupSettings({ parameters }: Pick<Startup, 'parameters'>): readonly Setting[] | undefined {
  const given = readOptions(parameters.get('options') ?? '');
  if (!given) return undefined;
  const named = [...parameters].filter(([name]) => !OTHERS.has(name)).map(([name, value]) => ({ name, value }));
  return [...given, ...named].filter((setting) => !isOurs(setting));
}

/** The encoding in which we speak to the server anyway; a client without a locale says that it has none, and is told which it is. */
function isOurs({ name, value }: Setting): boolean {
  return (
    name.toLowerCase() === 'client_encoding' && ['utf8', 'unicode', 'utf-8', 'sql_ascii', 'sqlascii'].includes(value.toLowerCase().replaceAll(/['"]/g, ''))
  );
}

/** Words are parted by spaces, and a backslash keeps the next character: `-c name=value`, `-cname=value`, `--name=value`. */
function readOptions(text: string): readonly Setting[] | undefined {
  const words = splitWords(text);
  const settings: Setting[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const assignment = word === '-c' ? words[(at += 1)] : word.startsWith('-c') ? word.slice(2) : word.startsWith('--') ? word.slice(2) : undefined;
    const equals = assignment?.indexOf('=') ?? -1;
    if (assignment === undefined || equals < 1) return undefined;
    settings.push({ name: assignment.slice(0, equals).replaceAll('-', '_'), value: assignment.slice(equals + 1) });
  }
  return settings;
}

function splitWords(text: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (/[ \t\n\r\v\f]/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      if (character === '\\') at += 1;
      word = (word ?? '') + (text[at] ?? '');
    }
  }
  return word === undefined ? words : [...words, word];
}

/** The statement that sets it; a value that is a list stays one. */
export const settingStatement = ({ name, value }: Setting): string => `select pg_catalog.set_config(${quoted(name)}, ${quoted(value)}, false)`;

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
