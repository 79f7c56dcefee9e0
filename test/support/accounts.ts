import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openAccounts, type NewAccount } from '../../src/identity/accounts.ts';
import { openStorage } from '../../src/storage/storage.ts';

/** Makes local accounts in a data folder that no gateway runs on. Making one is not recorded, so there is no recorder. */
export async function createAccounts(data: string, accounts: readonly NewAccount[]): Promise<void> {
  if (accounts.length === 0) return;
  await mkdir(data, { recursive: true, mode: 0o700 });
  const storage = await openStorage({ url: join(data, 'sallyport.db') });
  try {
    const recorder = { append: () => Promise.reject(new Error('nothing is recorded here')) };
    for (const account of accounts) await openAccounts(storage, { recorder }).create(account);
  } finally {
    await storage.close();
  }
}
