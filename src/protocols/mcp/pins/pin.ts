import type { Finding } from '../../../core/definitions.ts';
import type { EventSubject } from '../../../core/event.ts';

/**
 * accepted: pinned at first sight, or by somebody. quarantined: nobody has looked at it yet. rejected: somebody has.
 * superseded: it was accepted, until another definition of the same tool was.
 */
export type PinStatus = 'accepted' | 'quarantined' | 'rejected' | 'superseded';

/** One definition of one tool, or of what a server says of itself. Times are epoch milliseconds. */
export interface Pin {
  readonly name: string;
  /** SHA-256, hex, of the definition as it came. */
  readonly hash: string;
  readonly status: PinStatus;
  /** The definition as people see it: hidden characters spelled out, secrets masked; canonical JSON. */
  readonly definition: string;
  readonly findings: readonly Finding[];
  readonly seenAt: number;
  /** When the server last declared it so. */
  readonly latestAt: number;
  readonly decidedBy?: EventSubject;
  readonly decidedAt?: number;
}

/** What the data path needs of a pin. */
export type PinState = Pick<Pin, 'name' | 'hash' | 'status' | 'latestAt' | 'findings'>;

/** The name under which a server's instructions are pinned. Were a tool called so, both would be quarantined. */
export const INSTRUCTIONS = '(instructions)';

/** The definition in use: the one that the server declared last. */
export function latestOf<P extends PinState>(pins: readonly P[]): P | undefined {
  return pins.reduce<P | undefined>((latest, pin) => (latest === undefined || pin.latestAt > latest.latestAt ? pin : latest), undefined);
}
