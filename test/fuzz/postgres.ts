/**
 * Hostile clients and hostile servers on PostgreSQL's wire: what is sent is real traffic with bytes changed, left out, doubled and
 * cut off. After every round a well-behaved client has to be served, and memory may not have grown.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { OPEN_POLICY, startPostgresGateway, type PostgresGateway } from '../support/postgres-gateway.ts';
import { randomFrom } from '../support/random.ts';
import { openWire, startupMessage, WIRE_SYNC, wireBind, wireExecute, wireExtended, wireParse, wireQuery } from '../support/wire-client.ts';

export interface FuzzOptions {
  readonly seed: number;
  /** Connections in each direction. */
  readonly connections: number;
  readonly report?: (line: string) => void;
}

export interface FuzzResult {
  readonly connections: number;
  /** How many of them still gave a well-formed end of a round. */
  readonly answered: number;
  readonly grownMegabytes: number;
}

type Random = () => number;

const TRAFFIC: readonly Buffer[] = [
  wireQuery('select id, name from items order by id'),
  wireQuery('begin; insert into items values (7000); rollback'),
  wireQuery('copy items to stdout'),
  wireQuery('copy items from stdin'),
  Buffer.concat([wireExtended('select id, ssn from items', { describe: true })]),
  Buffer.concat([wireParse('a', 'select $1::int'), wireBind('p', 'a', ['1']), wireExecute('p', 1), WIRE_SYNC]),
  wireQuery('select repeat(ssn, 2) from items'),
];

const PATIENCE_MS = 5000;

export async function fuzzPostgres({ seed, connections, report = () => {} }: FuzzOptions): Promise<FuzzResult> {
  const below = randomFrom(seed);
  const random: Random = () => below(1 << 24) / (1 << 24);
  const proxy = await startHostileServer(random);
  const options = {
    policy: { ...OPEN_POLICY, masks: [{ columns: ['items.ssn'] }] },
    target: { audit: 'relaxed' },
    setup: [
      `create table items (id int primary key, name text, ssn text); insert into items select i, 'item ' || i, 'secret-' || i from generate_series(1, 40) i`,
    ],
    limits: { signInMs: PATIENCE_MS, serverMs: 700 },
  };
  const gateway = await startPostgresGateway({ ...options, address: `postgres://127.0.0.1:${proxy.port}/appdb` });
  proxy.target = gateway.serverPort;
  try {
    await serves(gateway);
    const before = memory();
    let answered = 0;
    for (let at = 0; at < connections; at += 1) {
      proxy.hostile = false;
      answered += await hostileClient(gateway, random);
      proxy.hostile = true;
      answered += (await oneClient(gateway, pick(random, TRAFFIC))).answered;
      proxy.hostile = false;
      if (at % 5 === 4) {
        await serves(gateway);
        report(`${at + 1} of ${connections}, ${Math.round(memory() - before)} MB more`);
      }
    }
    await serves(gateway);
    return { connections: connections * 2, answered, grownMegabytes: memory() - before };
  } finally {
    await gateway.stop();
    await proxy.close();
  }
}

function memory(): number {
  globalThis.gc?.();
  return process.memoryUsage().rss / (1 << 20);
}

async function serves(gateway: PostgresGateway): Promise<void> {
  const client = await openWire(gateway.port, await gateway.login());
  const { types } = await client.ask(wireQuery('select 1'));
  client.end();
  if (types !== 'TDCZ') throw new Error(`a well-behaved client is not served any more: ${types}`);
}

async function hostileClient(gateway: PostgresGateway, random: Random): Promise<number> {
  if (random() < 0.3) {
    const socket = connect(gateway.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    await once(socket, 'connect');
    socket.write(mutated(startupMessage({ user: 'nobody', database: 'shop', options: '-c a=b' }), random));
    await ended(socket);
    return 0;
  }
  const { answered, heard } = await oneClient(gateway, mutated(pick(random, TRAFFIC), random));
  if (heard.includes('secret-')) throw new Error('a masked value came out');
  return answered;
}

/** `answered` is 1 where the round ends well. Whatever happens, it ends. */
async function oneClient(gateway: PostgresGateway, bytes: Buffer): Promise<{ readonly answered: number; readonly heard: Buffer }> {
  const client = await openWire(gateway.port, await gateway.login());
  if (client.greeting.types.endsWith('!')) return { answered: 0, heard: client.greeting.bytes };
  // What is cut off waits for its rest: then the caller leaves.
  const timer = setTimeout(() => client.end(), 300);
  const { types, bytes: heard } = await client.ask(bytes);
  clearTimeout(timer);
  client.end();
  return { answered: types.endsWith('Z') ? 1 : 0, heard };
}

async function ended(socket: Socket): Promise<void> {
  const timer = setTimeout(() => socket.destroy(), 300);
  if (!socket.closed) await once(socket, 'close');
  clearTimeout(timer);
}

const pick = <T>(random: Random, items: readonly T[]): T => {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('nothing to choose from');
  return item;
};

/** Some bytes are others, some are gone, doubled or cut off. */
function mutated(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes);
  const at = (): number => Math.floor(random() * copy.length);
  const kind = random();
  if (kind < 0.5) for (let times = 1 + random() * 4; times > 0; times -= 1) copy[at()] = Math.floor(random() * 256);
  else if (kind < 0.65) copy.writeUInt32BE(pick(random, [0, 3, 4, 5, 0x7fffffff, 0xffffffff, 1 << 20]), Math.min(1, Math.max(0, copy.length - 4)));
  else if (kind < 0.8) return copy.subarray(0, at());
  else if (kind < 0.9) return Buffer.concat([copy.subarray(0, at()), copy]);
  return copy;
}

interface HostileServer {
  readonly port: number;
  target: number;
  hostile: boolean;
  close(): Promise<void>;
}

/** Stands before a real server, and changes what it says; not to the connection that reads the catalog. */
async function startHostileServer(random: Random): Promise<HostileServer> {
  const sockets = new Set<Socket>();
  const proxy = { port: 0, target: 0, hostile: false, close: () => Promise.resolve() };
  const server: Server = createServer((client) => {
    const real = connect(proxy.target, '127.0.0.1');
    for (const socket of [client, real]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        client.destroy();
        real.destroy();
        sockets.delete(socket);
      });
    }
    const { hostile } = proxy;
    let spared = !hostile;
    let chunks = 0;
    client.on('data', (chunk: Buffer) => {
      if (chunk.includes('sallyport catalog')) spared = true;
      real.write(chunk);
    });
    real.on('data', (chunk: Buffer) => {
      chunks += 1;
      // Half of them let the session begin.
      client.write(spared || (chunks < 3 && random() < 0.7) || random() < 0.4 ? chunk : mutated(chunk, random));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  proxy.port = typeof address === 'object' && address ? address.port : 0;
  proxy.close = async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  return proxy;
}
