import type { OptionSpec } from './command.ts';
import { timeOption } from './time-option.ts';

/** Options that say which events, and the parameters of the API that they become. */
export const FIELD_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  subject: { value: 'NAME', about: 'of this subject: alice, or person:alice' },
  target: { value: 'NAME', about: 'on this target' },
  command: { value: 'WORDS', about: "of commands with these words in their name, such as run_model or 'tools/call run_*'" },
  rule: { value: 'NAME', about: 'decided by this rule' },
  decision: { value: 'EFFECT', about: 'decided so: allow, deny or review' },
  kind: { value: 'KIND', about: 'of this kind, such as command.refused, or approval for all of them' },
  session: { value: 'ID', about: 'of this session' },
};

export const TIME_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  since: { value: 'TIME', about: 'from then on: 24h, 2026-11-21 (UTC) or 2026-11-21T14:00:00Z' },
  until: { value: 'TIME', about: 'and before then' },
};

export function filterParameters(options: Readonly<Record<string, string>>): URLSearchParams {
  const query = new URLSearchParams();
  for (const name of Object.keys(FIELD_OPTIONS)) {
    const value = options[name];
    if (value !== undefined) query.set(name === 'decision' ? 'effect' : name, value);
  }
  for (const name of Object.keys(TIME_OPTIONS)) {
    const value = options[name];
    if (value !== undefined) query.set(name, timeOption(name, value));
  }
  return query;
}
