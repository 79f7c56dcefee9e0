import type { Command } from './command.ts';
import type { Decision } from './decision.ts';
import type { MaskApplied, Masker } from './masker.ts';

/** One message that came from the target. */
export interface ReplyPart {
  /** `final` ends the command; `chunk` is a message on the way (progress, a log line, a server's request). */
  readonly kind: 'chunk' | 'final';
  /** `error` where the target itself answered with an error. */
  readonly status: 'ok' | 'error';
  /** Rewrites the message under the masker: the bytes for the caller, which are also the record. Changes nothing else: it may run again. */
  mask(masker: Masker): MaskedPart;
  /** The message as it came, for `observe` mode when masking failed. */
  raw(): MaskedPart;
  /**
   * `outcome`: a piece of one long reply, such as rows. It has no event of its own; the last part's event, which is recorded
   * before that part is released, tells of all of them.
   */
  readonly recordedBy?: 'outcome';
  /** What the record should say of it: an observation that changes no decision. */
  readonly note?: string;
  /** Set where the target asks something of the caller (sampling, elicitation, roots): decided like any command. */
  readonly asks?: { readonly command: Command; decline(decision: Decision): void };
}

export interface MaskedPart {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly applied: readonly MaskApplied[];
  /** What is recorded where that is not the bytes themselves: an account of them. */
  readonly account?: { readonly bytes: Uint8Array; readonly contentType: string };
  /** What is kept of an approved command, where that is less than what is recorded. */
  readonly kept?: { readonly bytes: Uint8Array };
}
