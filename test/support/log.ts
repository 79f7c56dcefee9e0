import { explainError } from '../../src/core/error.ts';
import type { Log } from '../../src/core/log.ts';

/** A log whose lines a test reads: `policy changed: ...`, `policy warning: ...`. */
export function logInto(lines: string[]): Log {
  const say = (part: string, text: string): void => void lines.push(`${part} ${text}`);
  return { debug: say, info: say, warn: (part, message) => say(part, `warning: ${message}`), error: (part, error) => say(part, explainError(error)) };
}
