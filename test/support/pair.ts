/** Two whole gateways on one database, as replicas are run: each with a port and a folder of its own, with the same keys and resources. */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGateway, type Gateway } from '../../src/gateway/main.ts';
import { openAccounts, type NewAccount } from '../../src/identity/accounts.ts';
import { openStorage, type Storage } from '../../src/storage/storage.ts';
import { signIn, type Api } from './api.ts';
import { listen } from './listen.ts';
import { callRaw, type RawReply } from './raw.ts';

export const PASSWORD = 'a-password-of-these-tests-only';

export interface Replica {
  readonly url: string;
  as(name: string): Promise<Api>;
  /** A tool call of this account; each takes a new token, as a client does that comes back. */
  call(name: string, tool: string, args?: object, target?: string): Promise<RawReply>;
}

export interface Pair {
  readonly one: Replica;
  readonly two: Replica;
  readonly storage: Storage;
  /** The data folders. */
  readonly folders: readonly string[];
  setResources(resources: readonly object[]): Promise<void>;
  stop(): Promise<void>;
}

export interface PairOptions {
  readonly resources: readonly object[];
  readonly accounts: readonly Omit<NewAccount, 'password'>[];
  /** A PostgreSQL database of the test's own. */
  readonly database: string;
  /** What else the replica at this address is configured with. */
  readonly config?: (url: string) => object;
}

export async function startPair({ resources, accounts, database, config = () => ({}) }: PairOptions): Promise<Pair> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-pair-'));
  const storage = await openStorage({ url: database });
  const nobody = { append: () => Promise.reject(new Error('nothing is recorded here')) };
  for (const account of accounts) await openAccounts(storage, { recorder: nobody, cost: { N: 1024, r: 8, p: 1 } }).create({ ...account, password: PASSWORD });
  const write = async (next: readonly object[]): Promise<void> => {
    await mkdir(join(folder, 'resources'), { recursive: true });
    await writeFile(join(folder, 'resources', 'all.yaml'), next.map((document) => JSON.stringify(document)).join('\n---\n'));
  };
  await write(resources);
  const one = await startReplica(folder, 'one', database, config);
  await mkdir(join(folder, 'two'), { recursive: true });
  await cp(join(folder, 'one', 'keys'), join(folder, 'two', 'keys'), { recursive: true });
  const two = await startReplica(folder, 'two', database, config);
  return {
    one: one.replica,
    two: two.replica,
    storage,
    folders: ['one', 'two'].map((name) => join(folder, name)),
    setResources: write,
    async stop() {
      await one.gateway.close();
      await two.gateway.close();
      await storage.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startReplica(
  folder: string,
  name: string,
  database: string,
  more: (url: string) => object,
): Promise<{ readonly gateway: Gateway; readonly replica: Replica }> {
  const probe = await listen(createServer());
  await probe.close();
  const url = `http://127.0.0.1:${probe.port}`;
  const file = join(folder, `${name}.yaml`);
  const data = join(folder, name);
  const config = { url, listen: { http: `127.0.0.1:${probe.port}` }, data, resources: join(folder, 'resources'), database, ...more(url) };
  await writeFile(file, JSON.stringify(config));
  const gateway = await startGateway({ config: file });
  const signedIn = new Map<string, Promise<Api>>();
  const as = (who: string): Promise<Api> => {
    const known = signedIn.get(who) ?? signIn(url, who, PASSWORD);
    signedIn.set(who, known);
    // A refused one may go well the next time.
    known.catch(() => signedIn.delete(who));
    return known;
  };
  const call: Replica['call'] = async (who, tool, args = {}, target = 'bench') =>
    callRaw(`${url}/mcp/${target}`, await (await as(who)).token(target), tool, args);
  return { gateway, replica: { url, as, call } };
}
