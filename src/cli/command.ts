import type { ExitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

export interface OptionSpec {
  /** What its value is called in help; absent for a flag. */
  readonly value?: string;
  /** It may be given several times. */
  readonly repeats?: 'yes';
  readonly about: string;
}

export interface ArgumentSpec {
  readonly name: string;
  readonly about: string;
  readonly need: 'required' | 'optional';
}

/** One row of the command table: help and parsing are made from it, and its code is loaded only when it runs. */
export interface CommandSpec {
  /** `approvals list` */
  readonly name: string;
  readonly about: string;
  /** Where it begins a part of the overview: that part's title. */
  readonly heading?: string;
  /** What to do where the gateway says that there is nothing of that name. */
  readonly whereAbsent?: string;
  readonly arguments?: readonly ArgumentSpec[];
  /** What may follow `--`: a program with its own words. */
  readonly program?: string;
  readonly options?: Readonly<Record<string, OptionSpec>>;
  readonly examples?: readonly string[];
  readonly load: () => Promise<{ readonly run: Run }>;
}

export type Run = (invocation: Invocation) => Promise<ExitCode>;

/** What was typed, checked against the row: unknown words and options never get here. */
export interface Invocation {
  readonly terminal: Terminal;
  /** Values of options, by name. */
  readonly options: Readonly<Record<string, string>>;
  /** Values of options that may be given several times; all of them, in their order. */
  readonly lists: Readonly<Record<string, readonly string[]>>;
  /** Options without a value that were given. */
  readonly flags: ReadonlySet<string>;
  readonly arguments: readonly string[];
  /** What follows `--`; empty where nothing does. */
  readonly program: readonly string[];
  readonly format: 'text' | 'json';
}
