import type { AsyncEntry } from '@napi-rs/keyring';

type Env = Readonly<Record<string, string | undefined>>;

/** The keyring of the desktop or system: macOS Keychain, Windows Credential Manager, the Secret Service of Linux. */
export interface Keyring {
  /** Undefined where it has none of that name, or cannot be read. */
  get(name: string): Promise<string | undefined>;
  /** False where there is no keyring, or none that can be written to. */
  set(name: string, secret: string): Promise<boolean>;
  remove(name: string): Promise<void>;
}

const SERVICE = 'sallyport';
/** A locked keyring asks its owner for a password. */
const PATIENCE_MS = 60_000;

/** `SALLYPORT_KEYRING=off` does without. Nothing here throws: a machine without a desktop has no keyring, and that is no error. */
export function openKeyring(env: Env): Keyring {
  async function entry(name: string): Promise<AsyncEntry | undefined> {
    if (env['SALLYPORT_KEYRING'] === 'off') return undefined;
    // Native code, which a platform may lack. The kernel's keyring is none: it forgets with the next start.
    const { AsyncEntry: Entry } = await import('@napi-rs/keyring');
    return new Entry(SERVICE, name, { linux: { store: 'secret-service' } });
  }
  const patience = (): AbortSignal => AbortSignal.timeout(PATIENCE_MS);

  return {
    async get(name) {
      try {
        return (await (await entry(name))?.getPassword(patience())) ?? undefined;
      } catch {
        return undefined;
      }
    },
    async set(name, secret) {
      try {
        const found = await entry(name);
        await found?.setPassword(secret, patience());
        return found !== undefined && (await found.getPassword(patience())) === secret;
      } catch {
        return false;
      }
    },
    async remove(name) {
      try {
        await (await entry(name))?.deletePassword(patience());
      } catch {
        // Nothing there, or nothing that can be reached.
      }
    },
  };
}
