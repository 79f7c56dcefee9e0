import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SallyportError } from '../core/error.ts';
import { readConfig } from '../gateway/config.ts';
import { openAccounts, type Accounts } from '../identity/accounts.ts';
import { openStorage } from '../storage/storage.ts';
import type { Invocation } from './command.ts';

/** The local accounts of the gateway that a configuration names, also while it runs: whoever may write its database may do this. */
export async function withAccounts<T>({ options }: Invocation, use: (accounts: Accounts) => Promise<T>): Promise<T> {
  const { data, database } = await readConfig(resolve(options['config'] ?? 'sallyport.yaml'));
  await mkdir(data, { recursive: true, mode: 0o700 });
  const storage = await openStorage({ url: database });
  try {
    return await use(openAccounts(storage, { recorder: NOBODY_SIGNS_IN }));
  } finally {
    await storage.close();
  }
}

const NOBODY_SIGNS_IN = { append: () => Promise.reject(new SallyportError('internal', 'nobody signs in here')) };
