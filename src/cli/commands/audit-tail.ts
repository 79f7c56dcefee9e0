import { setTimeout } from 'node:timers/promises';
import { isSallyportError, SallyportError } from '../../core/error.ts';
import { printableLine } from '../../core/escape.ts';
import type { Invocation } from '../command.ts';
import { filterParameters } from '../event-filter.ts';
import { readEventStream } from '../event-stream.ts';
import { eventRow } from '../event-text.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { connectSignedIn, type GatewayClient } from '../gateway-client.ts';
import { event as eventView } from '../views.ts';

const AGAIN_MS = 2_000;

/** Until Ctrl-C, or until so many have come. A stream that breaks off goes on where it was. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, options } = invocation;
  const count = readCount(options['count']);
  const tail = new Tail(invocation, count);
  const gateway = await connectSignedIn(invocation);
  for (;;) {
    try {
      await tail.follow(gateway);
      if (tail.isOver) return EXIT.ok;
    } catch (error) {
      if (!tail.wasOpen || !isSallyportError(error, 'upstream_unreachable')) throw error;
    }
    terminal.note('the stream broke off; following again');
    await setTimeout(AGAIN_MS);
  }
}

class Tail {
  readonly #invocation: Invocation;
  #left: number;
  #after: string | undefined;

  constructor(invocation: Invocation, count: number) {
    this.#invocation = invocation;
    this.#left = count;
  }

  get isOver(): boolean {
    return this.#left <= 0;
  }

  get wasOpen(): boolean {
    return this.#after !== undefined;
  }

  async follow(gateway: GatewayClient): Promise<void> {
    const query = filterParameters(this.#invocation.options);
    if (this.#after !== undefined) query.set('after', this.#after);
    for await (const { event, data, id } of readEventStream(await gateway.open(`/api/audit/tail?${query.toString()}`))) {
      if (event === 'recorded') this.#print(data);
      if (id !== undefined) this.#after = id;
      if (this.isOver) return;
    }
  }

  #print(data: string): void {
    const { terminal, format } = this.#invocation;
    const shown = eventView.parse(JSON.parse(data));
    // One event a line, for whatever reads lines.
    terminal.line(
      format === 'json'
        ? printableLine(shown)
        : eventRow(shown)
            .filter((cell) => cell !== '')
            .join('  '),
    );
    this.#left -= 1;
  }
}

function readCount(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new SallyportError('usage', `--count ${text} is no number of events`);
}
