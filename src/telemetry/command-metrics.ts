import type { Decision } from '../core/decision.ts';
import type { CommandStart, Step, Steps } from '../core/steps.ts';
import { SECONDS, WAITS, type Counter, type Gauge, type Histogram } from './metric.ts';
import type { Family } from './family.ts';
import type { Registry } from './registry.ts';

/** Series of one target, found once. */
interface TargetSeries {
  readonly name: string;
  readonly counted: Map<string, Counter>;
  readonly underWay: Gauge;
  readonly streams: Gauge;
  readonly authenticate: Histogram;
  readonly added: Histogram;
  readonly upstream: Histogram;
  readonly approval: Histogram;
  readonly record: Histogram;
  readonly mask: Histogram;
}

/** Counts commands by target, effect and outcome, and where their time goes. */
export class CommandMetrics {
  readonly #targets = new Map<string, TargetSeries>();
  readonly #commands: Family<Counter>;
  readonly #make: (name: string) => TargetSeries;

  constructor(registry: Registry) {
    const labels = ['target'];
    this.#commands = registry.counter({
      name: 'sallyport_commands',
      help: 'Commands by what was decided and how they ended.',
      labels: ['target', 'effect', 'outcome'],
    });
    const underWay = registry.gauge({
      name: 'sallyport_commands_under_way',
      help: 'Commands between arrival and end, those that wait for people too.',
      labels,
    });
    const streams = registry.gauge({ name: 'sallyport_streams_open', help: 'Streams that stay open for what a target says by itself.', labels });
    const times = (name: string, help: string, bounds: readonly number[] = SECONDS): Family<Histogram> =>
      registry.histogram({ name: `sallyport_${name}_seconds`, help, labels }, bounds);
    const authenticate = times('authenticate', 'From the arrival of a request until its caller was known.');
    const added = times('added', 'What the gateway itself added to an answered command: neither the target, nor people, nor the caller.');
    const upstream = times('upstream', 'What the target took.');
    const approval = times('approval_held', 'How long a command was held for people, in one call.', WAITS);
    const record = times('record', 'Waiting for the record of a command: intent and outcome.');
    const mask = times('mask', 'Masking the reply of a command.');
    this.#make = (name) => ({
      name,
      counted: new Map(),
      underWay: underWay.with(name),
      streams: streams.with(name),
      authenticate: authenticate.with(name),
      added: added.with(name),
      upstream: upstream.with(name),
      approval: approval.with(name),
      record: record.with(name),
      mask: mask.with(name),
    });
  }

  begin(start: CommandStart): Steps {
    const { name } = start.session.target;
    let series = this.#targets.get(name);
    if (!series) this.#targets.set(name, (series = this.#make(name)));
    return new CommandClock(start, series, this.#commands);
  }
}

/** Times one command: what a step took goes to the sum of its kind. */
class CommandClock implements Steps {
  readonly #start: CommandStart;
  readonly #series: TargetSeries;
  readonly #commands: Family<Counter>;
  #effect: Decision['effect'] | 'none' = 'none';
  #step: Step = 'understand';
  #since: number;
  #added = 0;
  #upstream = 0;
  #approve = 0;
  #record = 0;
  #mask = 0;
  #ended = false;

  constructor(start: CommandStart, series: TargetSeries, commands: Family<Counter>) {
    this.#start = start;
    this.#series = series;
    this.#commands = commands;
    this.#since = start.authenticated;
    series.underWay.add(1);
    if (start.standing) series.streams.add(1);
  }

  enter(step: Step): void {
    const now = performance.now();
    this.#leave(now - this.#since);
    this.#since = now;
    this.#step = step;
  }

  decided(decision: Decision): void {
    this.#effect = decision.effect;
  }

  end(outcome: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.enter('release');
    const { underWay, streams, counted } = this.#series;
    underWay.add(-1);
    if (this.#start.standing) streams.add(-1);
    const key = `${this.#effect} ${outcome}`;
    let counter = counted.get(key);
    if (!counter) counted.set(key, (counter = this.#commands.with(this.#series.name, this.#effect, outcome)));
    counter.add();
    this.#observe(outcome);
  }

  #observe(outcome: string): void {
    const { authenticate, added, upstream, approval, record, mask } = this.#series;
    const { arrived, authenticated, standing } = this.#start;
    if (this.#approve > 0) approval.observe(this.#approve / 1000);
    if (standing || (outcome !== 'ok' && outcome !== 'error')) return;
    authenticate.observe((authenticated - arrived) / 1000);
    added.observe((this.#added + this.#record + this.#mask + authenticated - arrived) / 1000);
    upstream.observe(this.#upstream / 1000);
    record.observe(this.#record / 1000);
    mask.observe(this.#mask / 1000);
  }

  #leave(took: number): void {
    switch (this.#step) {
      case 'understand':
      case 'decide':
        this.#added += took;
        return;
      case 'approve':
        this.#approve += took;
        return;
      case 'record':
      case 'outcome':
        this.#record += took;
        return;
      case 'forward':
        this.#upstream += took;
        return;
      case 'mask':
        this.#mask += took;
        return;
      case 'release':
        return;
      default:
        this.#step satisfies never;
    }
  }
}
