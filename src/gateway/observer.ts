import { hostname } from 'node:os';
import packageFile from '../../package.json' with { type: 'json' };
import type { CommandStart, Observer, Step, Steps } from '../core/steps.ts';
import type { Log } from '../core/log.ts';
import type { Decision } from '../core/decision.ts';
import type { ReadSecretSource } from '../credential/secret-reader.ts';
import { post } from '../network/post.ts';
import { TraceExport } from '../telemetry/trace-export.ts';
import { Tracer } from '../telemetry/tracer.ts';
import type { TracesConfig } from './config.ts';
import type { Metrics } from './metrics.ts';

export interface Traces {
  begin(start: CommandStart): Steps;
  close(): Promise<void>;
}

/** Spans of commands, sampled and sent as the configuration says. */
export function openTraces(
  config: TracesConfig,
  { metrics, log, readSecret }: { readonly metrics: Metrics | undefined; readonly log: Log; readonly readSecret: ReadSecretSource },
): Traces {
  const dropped = metrics?.registry.counter({ name: 'sallyport_traces_dropped_commands', help: 'Sampled commands whose spans could not be sent.' }).with();
  const sending = new TraceExport({
    url: config.url,
    headers: async () =>
      Object.fromEntries(await Promise.all(Object.entries(config.headers).map(async ([name, source]) => [name, (await readSecret(source)).reveal()] as const))),
    post,
    resource: { version: packageFile.version, instance: hostname() },
    report: (error) => log.error('traces', error),
    ...(dropped ? { onDropped: (commands: number) => dropped.add(commands) } : {}),
  });
  const tracer = new Tracer({ ratio: config.ratio, parent: config.parent, done: (command) => sending.add(command) });
  return { begin: (start) => tracer.begin(start), close: () => sending.close() };
}

/** Whoever measures, as one; undefined where nobody does. */
export function observerOf(metrics: Metrics | undefined, traces: Traces | undefined): Observer | undefined {
  if (!traces) return metrics;
  return {
    begin: (start) => (metrics ? new Both(metrics.begin(start), traces.begin(start)) : traces.begin(start)),
    unauthenticated: (code) => metrics?.unauthenticated(code),
  };
}

class Both implements Steps {
  readonly trace: Steps['trace'];
  readonly #one: Steps;
  readonly #other: Steps;

  constructor(one: Steps, other: Steps) {
    this.#one = one;
    this.#other = other;
    this.trace = other.trace;
  }

  enter(step: Step): void {
    this.#one.enter(step);
    this.#other.enter(step);
  }

  decided(decision: Decision): void {
    this.#one.decided(decision);
    this.#other.decided(decision);
  }

  end(outcome: string): void {
    this.#one.end(outcome);
    this.#other.end(outcome);
  }
}
