import type { Definitions } from '../../core/definitions.ts';
import type { Masker } from '../../core/masker.ts';
import type { Gate } from '../../core/gate.ts';
import type { Observer } from '../../core/steps.ts';
import type { Target } from '../../core/target.ts';
import type { Credentials } from '../../credential/credential.ts';
import type { ServerWatch } from '../protocol.ts';
import { createCatalog, type Catalog } from './catalog.ts';
import type { KnownClients } from './clients.ts';
import { HeldCalls } from './held-calls.ts';
import { ReplayBuffer } from './replay-buffer.ts';
import type { Sessions } from './sessions.ts';
import type { TaskRuns } from './task-runs.ts';
import { TaskOwners } from './tasks.ts';
import type { Times } from './times.ts';
import { UnderWay } from './under-way.ts';
import { createUpstream, type Upstream } from './upstream.ts';

/** What one target keeps between calls. */
export interface TargetSide {
  readonly target: Target;
  readonly upstream: Upstream;
  readonly catalog: Catalog;
  readonly replays: ReplayBuffer;
  readonly tasks: TaskOwners;
  readonly held: HeldCalls;
  /** Whether the target gives sessions, once one was opened: without, an `initialize` belongs to what its caller does next. */
  readonly learned: { mintsSessions?: boolean };
  readonly underWay: UnderWay;
}

/** What every call needs of its surroundings. */
export interface McpContext {
  readonly gate: Gate;
  readonly sessions: Sessions;
  /** Seals what callers keep for the gateway (session ids, rounds, tasks): 32 bytes, the same for every process of one installation. */
  readonly sessionKey: Uint8Array;
  /** Where people answer approvals. */
  readonly consoleUrl: string;
  readonly times: Times;
  readonly clients: KnownClients;
  /** Held calls that have become tasks. */
  readonly tasks: TaskRuns;
  /** Who measures; absent: nobody. */
  readonly observer?: Observer;
}

export interface SideParts {
  readonly pins: Definitions;
  readonly sessionKey: Uint8Array;
  /** Of everything that any policy masks on the target. */
  masker(target: Target): Masker;
  /** Hears of servers that are run here. */
  readonly servers?: ServerWatch;
  readonly credentials?: Credentials;
}

interface KnownSide {
  readonly side: TargetSide;
  readonly definition: string;
  /** The target as it was last given: the policy gives the same object until it changes. */
  given: Target;
}

/** The sides of all targets; one is made when its target is first used and again when its definition changed. */
export class TargetSides {
  readonly #parts: SideParts;
  readonly #sides = new Map<string, KnownSide>();

  constructor(parts: SideParts) {
    this.#parts = parts;
  }

  of(target: Target): TargetSide {
    const known = this.#sides.get(target.name);
    if (known?.given === target) return known.side;
    const definition = JSON.stringify(target);
    if (known?.definition === definition) {
      known.given = target;
      return known.side;
    }
    if (known) void known.side.upstream.close().catch(() => {});
    const { pins, servers: watch, sessionKey, credentials } = this.#parts;
    const masker = (): Masker => this.#parts.masker(target);
    const upstream = createUpstream(target, { masker, sessionKey, watch, credentials });
    const side: TargetSide = {
      target,
      upstream,
      catalog: createCatalog({ target, upstream, pins, masker }),
      replays: new ReplayBuffer(),
      tasks: new TaskOwners(),
      held: new HeldCalls(),
      learned: {},
      underWay: new UnderWay(),
    };
    this.#sides.set(target.name, { side, definition, given: target });
    return side;
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#sides.values()].map(({ side }) => side.upstream.close()));
    this.#sides.clear();
  }
}
