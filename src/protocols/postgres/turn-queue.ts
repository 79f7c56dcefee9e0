import type { Turn } from './turn.ts';

/** What was sent and is not answered yet, in order. */
export class TurnQueue {
  #turns: Turn[] = [];

  get current(): Turn | undefined {
    return this.#turns[0];
  }

  get isEmpty(): boolean {
    return this.#turns.length === 0;
  }

  push(turns: readonly Turn[]): void {
    this.#turns.push(...turns);
  }

  /** The one whose turn it is has its answer. */
  answered(): void {
    this.#turns.shift();
  }

  /** The server skips all up to the end of the round: what it will not answer any more. */
  takeRound(): readonly Turn[] {
    const at = this.#turns.findIndex(({ round }) => round === 'end');
    return this.#turns.splice(0, at < 0 ? this.#turns.length : at);
  }

  /** Nobody answers any more. */
  lose(): void {
    const lost = this.#turns;
    this.#turns = [];
    loseAll(lost);
  }
}

/** Tells those who wait for an answer that none comes. */
export function loseAll(turns: readonly Turn[]): void {
  for (const turn of turns) {
    if (turn.exchange) turn.exchange.lose();
    else turn.failed?.(undefined);
  }
}
