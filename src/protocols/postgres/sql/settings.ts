import { detail } from './effect.ts';
import type { Findings } from './findings.ts';

/** Settings that change how the server reads later texts: what was decided would not be what runs. */
const LEXING: Readonly<Record<string, readonly string[]>> = {
  standard_conforming_strings: ['on', 'true', 'yes', '1', 't', 'tru', 'tr', 'y', 'ye'],
  backslash_quote: ['safe_encoding', 'off', 'false', 'no', '0', 'f', 'n'],
  transform_null_equals: ['off', 'false', 'no', '0', 'f', 'n', 'of'],
  client_encoding: ['utf8', 'unicode', 'utf-8'],
};

/** Settings that name files, folders, programs or other servers. */
const CONFIGURATION =
  /(?:_file|_directory|_directories|_path|_command|_libraries|_library|_conninfo|_keyfile|log_filename|listen_addresses)$|^(?:all|data_directory|config_file)$/;

/** `SET name = value`, in whatever way it was said; `value` undefined for the default, or where it cannot be told. */
export function settingChanged(findings: Findings, given: string, value: string | undefined, known: 'known' | 'computed' = 'known'): void {
  const name = given.toLowerCase();
  if (name === 'role') return findings.effect(value === undefined ? 'session:role' : `session:role[${detail(value)}]`);
  if (name === 'session_authorization') return findings.effect(value === undefined ? 'session:authorization' : `session:authorization[${detail(value)}]`);
  findings.effect(`session:setting[${detail(name)}]`);
  if (name === 'search_path') {
    findings.effect('session:search-path');
    findings.changes.push({ kind: 'search-path', path: undefined, until: 'session' });
  }
  const ordinary = Object.hasOwn(LEXING, name) ? LEXING[name] : undefined;
  if (!ordinary || (known === 'known' && (value === undefined || ordinary.includes(value.toLowerCase().trim())))) return;
  findings.effect('parser-mode');
  findings.changes.push({ kind: 'lexing', lexing: 'other' });
}

/** A setting whose name is worked out while the statement runs: it may be any. */
export function anySettingChanged(findings: Findings): void {
  findings.effect('session:setting[*]');
  findings.effect('dynamic');
  findings.changes.push({ kind: 'search-path', path: undefined, until: 'session' }, { kind: 'lexing', lexing: 'other' });
}

export function settingShown(findings: Findings, given: string | undefined): void {
  const name = given?.toLowerCase() ?? '*';
  const harmless = name === 'search_path' || (name !== '*' && !CONFIGURATION.test(name));
  findings.effect(`${harmless ? 'session:show' : 'admin:configuration'}[${detail(name)}]`);
}
