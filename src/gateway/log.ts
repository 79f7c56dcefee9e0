import { randomBytes } from 'node:crypto';
import { explainError } from '../core/error.ts';
import type { Log, LogLevel } from '../core/log.ts';
import { createMasker } from '../masking/masker.ts';

export interface LogOptions {
  /** What is less than this is not written. Default `info`. */
  readonly level?: LogLevel;
  /** `text` for people, `json` (one object a line) for collectors. */
  readonly format: 'text' | 'json';
  /** Gets whole lines, without their end. */
  readonly write: (line: string) => void;
  readonly now?: () => Date;
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
const MAX_MESSAGE = 8_000;
/** Of one message; what comes again within this time is counted, and told with the next. */
const REPEAT_MS = 10_000;
const MAX_REMEMBERED = 500;

/**
 * The gateway's own log. Secrets that somebody's error message holds are masked as in the record, nothing in a message begins a line of
 * its own, and what is said over and over is said once in ten seconds.
 */
export function createLog({ level = 'info', format, write, now = () => new Date() }: LogOptions): Log {
  const least = LEVELS.indexOf(level);
  const masker = createMasker([], { key: randomBytes(32), direction: 'request' });
  const repeats = new Repeats();

  function say(at: LogLevel, part: string, text: string): void {
    if (LEVELS.indexOf(at) < least) return;
    const time = now();
    const again = repeats.take(`${at} ${part} ${text}`, time.getTime());
    if (again === undefined) return;
    const message = masker.text(text.slice(0, MAX_MESSAGE)).value;
    const more = again === 0 ? {} : { repeated: again };
    write(format === 'json' ? JSON.stringify({ time: time.toISOString(), level: at, part, message, ...more }) : asText(time, at, part, message, again));
  }

  return {
    debug: (part, message) => say('debug', part, message),
    info: (part, message) => say('info', part, message),
    warn: (part, message) => say('warn', part, message),
    error: (part, error) => say('error', part, explainError(error)),
  };
}

function asText(time: Date, level: LogLevel, part: string, message: string, again: number): string {
  const lines = message.split('\n').map((line) => line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped));
  return `${time.toISOString()} ${level.padEnd(5)} ${part}: ${lines.join('\n    ')}${again === 0 ? '' : ` (and ${again} times before)`}`;
}

const escaped = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;

/** What was said lately, and how often it was not said again. */
class Repeats {
  readonly #said = new Map<string, { at: number; unsaid: number }>();

  /** How often it was left out since it was last said; undefined where it is left out now. */
  take(text: string, now: number): number | undefined {
    const known = this.#said.get(text);
    if (known && Math.abs(now - known.at) < REPEAT_MS) {
      known.unsaid += 1;
      return undefined;
    }
    this.#said.delete(text);
    this.#said.set(text, { at: now, unsaid: 0 });
    const oldest = this.#said.size > MAX_REMEMBERED ? this.#said.keys().next().value : undefined;
    if (oldest !== undefined) this.#said.delete(oldest);
    return known?.unsaid ?? 0;
  }
}
