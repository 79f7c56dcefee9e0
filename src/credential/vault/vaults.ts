import type { SecretSource, VaultSource } from '../../core/credential-spec.ts';
import { SallyportError } from '../../core/error.ts';
import { isJsonObject, member, type JsonValue } from '../../core/json.ts';
import { ask as askOverHttp, type Ask } from '../../network/ask.ts';
import type { KeptSecrets } from '../secret-reader.ts';
import { createVaultCall, type VaultCall } from './vault-call.ts';
import { createVaultToken, type VaultToken } from './vault-login.ts';
import type { VaultSettings } from './vault-settings.ts';

export interface VaultsOptions {
  readonly settings: readonly VaultSettings[];
  /** Secrets that open Vaults: of the environment and of files. */
  readonly readLine: (source: SecretSource) => Promise<string>;
  readonly ask?: Ask;
  readonly now?: () => number;
}

/** With a Vault away, what was read of it last is used this long and no longer. */
const USABLE_MS = 10 * 60_000;
/** Least time between two tries while it is away, and between two readings because a target refused. */
const PAUSE_MS = 2000;
const MAX_KEPT = 10_000;

interface Kept {
  readonly fields: Readonly<Record<string, JsonValue>>;
  readonly readAt: number;
  /** How long it may be used before it is read again. */
  readonly freshMs: number;
}

interface Entry {
  kept: Kept | undefined;
  reading: Promise<Kept> | undefined;
  triedAt: number;
}

/** Secrets of the key-value engines of Vaults, both versions. */
export function createVaults({ settings, readLine, ask = askOverHttp, now = Date.now }: VaultsOptions): KeptSecrets<VaultSource> {
  const vaults = new Map(settings.map((one) => [one.name, new Vault(one, readLine, ask, now)]));
  const vaultOf = ({ server }: VaultSource): Vault => {
    const known = server === undefined && vaults.size === 1 ? [...vaults.values()][0] : vaults.get(server ?? '');
    if (known) return known;
    throw new SallyportError('credential_missing', server === undefined ? 'which Vault is meant is not said' : `there is no Vault ${server}`, {
      hint: `add it to credentials.vaults of the configuration${vaults.size > 0 ? `, or name one of ${[...vaults.keys()].join(', ')}` : ''}`,
    });
  };
  return {
    read: async (source) => vaultOf(source).read(source),
    forget: (source) => vaultOf(source).forget(source),
  };
}

class Vault {
  readonly #settings: VaultSettings;
  readonly #call: VaultCall;
  readonly #token: VaultToken;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();

  constructor(settings: VaultSettings, readLine: VaultsOptions['readLine'], ask: Ask, now: () => number) {
    this.#settings = settings;
    this.#call = createVaultCall(settings, ask);
    this.#token = createVaultToken(settings.auth, this.#call, readLine, now);
    this.#now = now;
  }

  async read(source: VaultSource): Promise<string> {
    const { fields } = await this.#secret(source);
    const value = Object.hasOwn(fields, source.field) ? fields[source.field] : undefined;
    if (typeof value === 'string') return value;
    throw new SallyportError('credential_missing', `the secret ${placeOf(source)} has no field ${source.field} that is text`, {
      hint: 'name one of its fields',
    });
  }

  forget(source: VaultSource): void {
    const entry = this.#entries.get(pathOf(source));
    if (entry?.kept && this.#now() - entry.kept.readAt >= PAUSE_MS) entry.kept = { ...entry.kept, freshMs: 0 };
  }

  async #secret(source: VaultSource): Promise<Kept> {
    const path = pathOf(source);
    const entry = this.#entryOf(path);
    const { kept } = entry;
    const age = kept ? this.#now() - kept.readAt : Number.POSITIVE_INFINITY;
    if (kept && age < kept.freshMs) return kept;
    if (kept && this.#now() - entry.triedAt < PAUSE_MS && entry.reading === undefined && this.#isUsable(kept)) return kept;
    entry.triedAt = this.#now();
    entry.reading ??= this.#renew(entry, source, path).finally(() => (entry.reading = undefined));
    // Nobody waits for what is merely due.
    if (!kept || age >= 2 * kept.freshMs) return entry.reading;
    entry.reading.catch(() => {});
    return kept;
  }

  async #renew(entry: Entry, source: VaultSource, path: string): Promise<Kept> {
    const { kept } = entry;
    try {
      return (entry.kept = await this.#readNow(source, path));
    } catch (error) {
      if (kept && error instanceof Away && this.#isUsable(kept)) return kept;
      entry.kept = undefined;
      throw error;
    }
  }

  #isUsable({ readAt }: Kept): boolean {
    return this.#now() - readAt < USABLE_MS;
  }

  #entryOf(path: string): Entry {
    const known = this.#entries.get(path);
    if (known) return known;
    if (this.#entries.size >= MAX_KEPT) this.#entries.clear();
    const entry: Entry = { kept: undefined, reading: undefined, triedAt: Number.NEGATIVE_INFINITY };
    this.#entries.set(path, entry);
    return entry;
  }

  async #readNow(source: VaultSource, path: string): Promise<Kept> {
    let answer = await this.#get(path);
    if (answer.status === 403) {
      // The login may have ended before its time: once more with a new one.
      this.#token.forget();
      answer = await this.#get(path);
    }
    if (answer.status >= 500 || answer.status === 429) throw new Away(`the Vault ${this.#settings.name} answered with HTTP ${answer.status}`);
    if (answer.status !== 200) throw this.#refused(answer.status, source);
    const data = member(answer.json, 'data');
    const fields = source.engine === 2 ? member(data, 'data') : data;
    if (!isJsonObject(fields)) throw this.#refused(404, source);
    return { fields, readAt: this.#now(), freshMs: this.#freshMs(member(answer.json, 'lease_duration')) };
  }

  async #get(path: string) {
    try {
      return await this.#call({ method: 'GET', path, token: await this.#token.value() });
    } catch (error) {
      throw new Away(error instanceof SallyportError ? error.message : 'the Vault cannot be asked', error);
    }
  }

  #refused(status: number, source: VaultSource): SallyportError {
    if (status === 404)
      return new SallyportError('credential_missing', `there is no secret ${placeOf(source)} in the Vault ${this.#settings.name}`, {
        hint: 'check mount, path and engine',
      });
    return new SallyportError('credential_missing', `the Vault ${this.#settings.name} does not give the secret ${placeOf(source)} (HTTP ${status})`, {
      hint: 'give the gateway a policy that may read it',
    });
  }

  /** The engine's lease is how long it wants to be kept at most. */
  #freshMs(lease: JsonValue | undefined): number {
    const { refreshMs } = this.#settings;
    return typeof lease === 'number' && lease > 0 ? Math.min(refreshMs, lease * 1000) : refreshMs;
  }
}

/** It could not be asked: what it said before is not wrong by that. */
class Away extends SallyportError {
  constructor(message: string, cause?: unknown) {
    super('credential_missing', message, { cause, hint: 'check its address, its state and the login of the gateway' });
  }
}

const placeOf = ({ mount, path }: VaultSource): string => `${mount}/${path}`;

function pathOf({ mount, path, engine, version }: VaultSource): string {
  if (engine === 1) return `${mount}/${path}`;
  return `${mount}/data/${path}${version === undefined ? '' : `?version=${version}`}`;
}
