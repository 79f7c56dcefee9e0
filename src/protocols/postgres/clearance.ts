import type { WireError } from './errors.ts';
import type { Passage } from './passage.ts';
import type { Round } from './round.ts';
import type { Understood } from './understanding.ts';
import type { WirePortal } from './wire-names.ts';

/** What was bound and not yet decided about goes nowhere: planning runs functions. */
export class Clearance {
  readonly #passage: Passage;
  readonly #round: Round;

  constructor(passage: Passage, round: Round) {
    this.#passage = passage;
    this.#round = round;
  }

  /** Decides about all that waits, but for what is about to be executed. False where something was refused. */
  async clear(executed?: WirePortal): Promise<boolean> {
    for (const portal of this.#round.undecided) {
      if (portal !== executed && !portal.cleared && !(await this.#isCleared(portal))) return false;
    }
    return true;
  }

  understand({ statement, parameters }: WirePortal): Promise<Understood | undefined> {
    return this.#passage.understand({ text: statement.text, parameterTypes: statement.types, parameters });
  }

  /** It takes the way of a command, so that it is recorded as one. */
  refuse({ command, analysis }: Understood): Promise<void> {
    return this.#passage.pass(command, {
      refuse: (error) => this.#round.fail(error),
      // Its policy changed since it was refused, and what followed it is gone.
      send: (exchange) => {
        this.#round.fail(CHANGED);
        exchange.finish({ status: 'skipped', results: [] });
      },
      copies: false,
      unclear: analysis.unknown,
    });
  }

  async #isCleared(portal: WirePortal): Promise<boolean> {
    const understood = await this.understand(portal);
    if (!understood || this.#round.failed) return false;
    const answer = this.#passage.decide(understood);
    if (answer === 'deny') await this.refuse(understood);
    if (answer === 'review') this.#round.fail(TOGETHER);
    portal.cleared = answer === 'allow';
    return portal.cleared;
  }
}

const CHANGED: WireError = {
  severity: 'ERROR',
  sqlstate: '42501',
  message: 'the policy changed while this was decided; nothing was run',
  hint: 'Send it again.',
};

/** Before people said yes the server does not even plan it. */
const TOGETHER: WireError = {
  severity: 'ERROR',
  sqlstate: '42501',
  message: 'this takes an approval, which people give for what runs; nothing was run',
  hint: 'Send Execute together with Bind.',
};
