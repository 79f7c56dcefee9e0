import { writeJson } from '../../core/json.ts';
import type { Secret } from '../../core/secret.ts';
import type { ResolvedCredential } from '../../credential/credential.ts';
import { knownValues, type KnownValues } from '../../masking/known-values.ts';
import { readMessage } from './codec.ts';
import { writeEvent } from './sse.ts';
import type { UpstreamEvent } from './transport.ts';

/** Credentials that were in use before are remembered for as long as a server could still repeat them. */
const MAX_VALUES = 64;
const MAX_OWNERS = 4096;

/** What a target may repeat: of what it is opened with for everybody, or for each of those for whom it is opened by a credential of their own. */
export class EchoBook {
  /** What everybody is given. */
  readonly shared = new Echoes();
  readonly #owners = new Map<string, Echoes>();

  of(owner: string): Echoes {
    const echoes = this.#owners.get(owner) ?? new Echoes();
    // Last used, last in the map's order: the first is the one to let go.
    this.#owners.delete(owner);
    this.#owners.set(owner, echoes);
    for (const oldest of this.#owners.keys()) if (this.#owners.size > MAX_OWNERS) this.#owners.delete(oldest);
    return echoes;
  }
}

/** What a target repeats of the credential that the gateway gave it: it reaches neither caller nor record. */
class Echoes {
  readonly #values = new Set<string>();
  #known: KnownValues = knownValues([]);

  /** Called with the credential of every connection. */
  learn(credential: ResolvedCredential): void {
    const fresh = valuesOf(credential).filter((value) => !this.#values.has(value));
    if (fresh.length === 0) return;
    for (const value of fresh) this.#values.add(value);
    for (const value of this.#values) if (this.#values.size > MAX_VALUES) this.#values.delete(value);
    this.#known = knownValues([...this.#values]);
  }

  async *removedFrom(events: AsyncIterable<UpstreamEvent>): AsyncIterable<UpstreamEvent> {
    for await (const event of events) yield event.kind === 'message' ? this.#without(event) : event;
  }

  #without(event: Extract<UpstreamEvent, { kind: 'message' }>): UpstreamEvent {
    const value = this.#known.remove(event.message.message, event.text);
    if (value === event.message.message) return event;
    const text = writeJson(value);
    const message = readMessage(value);
    return { ...event, text, message, event: event.event && { ...event.event, data: text, raw: writeEvent(text, event.event) } };
  }
}

function valuesOf(credential: ResolvedCredential): readonly string[] {
  if (credential.kind === 'env') return Object.values(credential.env).map((secret: Secret) => secret.reveal());
  if (credential.kind !== 'headers') return [];
  return credential.headers.flatMap(([, secret]) => partsOf(secret.reveal()));
}

/** The header's value, what follows its scheme, and the password that Basic wraps. */
function partsOf(value: string): readonly string[] {
  const [, scheme = '', rest = ''] = /^(bearer|basic|token) +(.+)$/i.exec(value) ?? [];
  if (scheme === '') return [value];
  if (scheme.toLowerCase() !== 'basic') return [rest];
  const pair = Buffer.from(rest, 'base64').toString();
  return [rest, pair.slice(pair.indexOf(':') + 1)];
}
