import type { Command } from './command.ts';
import type { Decision } from './decision.ts';
import { commandParts, decisionParts, type EventParts } from './event.ts';
import type { Masker } from './masker.ts';

/** A name holds what the caller wrote (a URI, a tool that does not exist): it is masked before it is recorded, too. */
export function namedParts(command: Command, masker: Masker): EventParts {
  const { digest, flags } = command;
  return commandParts({ name: masker.text(command.name).value, digest, flags });
}

/** A reason quotes the name. */
export function decidedParts(decision: Decision, masker: Masker): EventParts {
  return decisionParts(withMaskedReason(decision, masker));
}

export function withMaskedReason<D extends Decision>(decision: D, masker: Masker): D {
  return { ...decision, reason: masker.text(decision.reason).value };
}

/** Everything that is to be said of one message, in one note. */
export function noteOf(...notes: readonly (string | undefined)[]): Pick<EventParts, 'note'> {
  const said = notes.filter((note) => note !== undefined);
  return said.length > 0 ? { note: said.join('; ') } : {};
}
