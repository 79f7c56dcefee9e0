import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SecretSource } from '../core/credential-spec.ts';
import { SallyportError } from '../core/error.ts';
import { newId } from '../core/id.ts';
import type { SecretReader } from '../credential/secret-reader.ts';
import { KEY_BYTES, sealingKey, type SealingKey, type SealingKeys } from '../credential/sealing/seal.ts';
import { installationKey } from './installation-keys.ts';

/** Least time between two looks for a key that is not known. */
const COOLDOWN_MS = 2000;

/**
 * The keys of this installation that seal secrets: files of a folder that replicas share, newest last, or what the
 * configuration names. Old ones still open what they sealed.
 */
export async function openSealingKeys(keysFolder: string, configured: ConfiguredKeys | undefined): Promise<SealingKeys> {
  const source = configured ? configuredKeys(configured) : folderKeys(join(keysFolder, 'sealing'));
  const keys = new KnownKeys(source);
  await keys.rotateTo(() => Promise.resolve());
  return keys;
}

export interface ConfiguredKeys {
  readonly key: SecretSource;
  readonly oldKeys: readonly SecretSource[];
  readonly secrets: SecretReader;
}

interface KeySource {
  /** All of them, the current one first. */
  read(): Promise<readonly SealingKey[]>;
  /** Makes a new one, where they are made here. */
  make(): Promise<void>;
}

class KnownKeys implements SealingKeys {
  readonly #source: KeySource;
  #keys: readonly SealingKey[] = [];
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(source: KeySource) {
    this.#source = source;
  }

  current(): Promise<SealingKey> {
    return Promise.resolve(this.#first());
  }

  async find(id: string): Promise<SealingKey | undefined> {
    const known = this.#keys.find((key) => key.id === id);
    if (known || Date.now() - this.#lookedAt < COOLDOWN_MS) return known;
    await this.#look();
    return this.#keys.find((key) => key.id === id);
  }

  rotate(): Promise<SealingKey> {
    return this.rotateTo(() => this.#source.make());
  }

  async rotateTo(make: () => Promise<void>): Promise<SealingKey> {
    await make();
    await this.#look();
    return this.#first();
  }

  #first(): SealingKey {
    const [first] = this.#keys;
    if (!first) throw new SallyportError('config_invalid', 'there is no key that seals secrets');
    return first;
  }

  async #look(): Promise<void> {
    this.#lookedAt = Date.now();
    this.#keys = await this.#source.read();
  }
}

function folderKeys(folder: string): KeySource {
  return {
    async read() {
      await installationKey(folder, FIRST);
      const names = (await readdir(folder)).flatMap((file) => (/^[0-9A-Za-z]+\.key$/.test(file) ? [file.slice(0, -'.key'.length)] : []));
      // Ids sort by time, and digits before the letters of the first.
      const newestFirst = [
        ...names
          .filter((name) => name !== FIRST)
          .toSorted()
          .toReversed(),
        FIRST,
      ];
      return Promise.all(newestFirst.map(async (name) => sealingKey(await installationKey(folder, name))));
    },
    async make() {
      await installationKey(folder, newId());
    },
  };
}

const FIRST = 'first';

function configuredKeys({ key, oldKeys, secrets }: ConfiguredKeys): KeySource {
  return {
    read: () => Promise.all([key, ...oldKeys].map(async (source) => sealingKey(keyBytes((await secrets.read(source)).value)))),
    // Whoever runs the gateway puts it there.
    make: () => Promise.resolve(),
  };
}

function keyBytes(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === KEY_BYTES && bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '')) return bytes;
  throw new SallyportError('config_invalid', `a key that seals secrets is ${KEY_BYTES} random bytes in base64`, { hint: 'openssl rand -base64 32' });
}
