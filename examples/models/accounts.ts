import { readFile, writeFile } from 'node:fs/promises';
import { openAccounts, type NewAccount } from '../../src/identity/accounts.ts';
import { openStorage } from '../../src/storage/storage.ts';

/** The demo's people and its CI job, each with a password that was made at the first start. */
export interface DemoAccount extends NewAccount {
  readonly password: string;
  readonly about: string;
}

const ACCOUNTS: readonly (NewAccount & { readonly about: string })[] = [
  { name: 'scientist', kind: 'person', groups: ['data-science'], about: 'a data scientist: runs models, asks before changing one' },
  { name: 'lead', kind: 'person', groups: ['ml-leads'], about: 'a lead: answers what the scientist asks' },
  { name: 'ci', kind: 'workload', groups: ['ci'], about: 'a CI job: reads metadata only' },
];

/**
 * Makes the accounts that are not there yet. The gateway keeps only hashes, so the passwords are kept in `file` for
 * the next start to print: this is a demo, and the file is its owner's alone. Run before the gateway uses the database.
 */
export async function demoAccounts(database: string, file: string): Promise<DemoAccount[]> {
  const passwords = await readPasswords(file);
  const storage = await openStorage({ url: database });
  try {
    // making an account is not recorded: the recorder is for sign-ins
    const accounts = openAccounts(storage, { recorder: { append: () => Promise.reject(new Error('nobody signs in here')) } });
    for (const { about: _about, ...account } of ACCOUNTS) {
      if (await accounts.find(account.name)) continue;
      const { password } = await accounts.create(account);
      passwords[account.name] = password;
      await writeFile(file, `${JSON.stringify(passwords, null, 2)}\n`, { mode: 0o600 });
    }
  } finally {
    await storage.close();
  }
  return ACCOUNTS.map((account) => ({ ...account, password: passwords[account.name] ?? '(not kept: delete the data folder to start anew)' }));
}

async function readPasswords(file: string): Promise<Record<string, string>> {
  try {
    // written by this file
    return JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
  } catch {
    return {};
  }
}
