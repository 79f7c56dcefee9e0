/** What an operator reads of the gateway itself. Who did what is not told here: that is the record. */
export interface Log {
  /** `part` is the part of the gateway that speaks: `journal`, `policy`, `target models`. */
  debug(part: string, message: string): void;
  info(part: string, message: string): void;
  warn(part: string, message: string): void;
  /** With all its causes. */
  error(part: string, error: unknown): void;
}

export type LogLevel = keyof Log;

export const NO_LOG: Log = { debug() {}, info() {}, warn() {}, error() {} };
