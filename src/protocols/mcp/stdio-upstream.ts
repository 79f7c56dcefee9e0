import { randomUUID } from 'node:crypto';
import { SallyportError } from '../../core/error.ts';
import { writeJson } from '../../core/json.ts';
import type { Masker } from '../../core/masker.ts';
import type { Target } from '../../core/target.ts';
import type { ServerWatch } from '../protocol.ts';
import { rpcError } from './errors.ts';
import { StdioServer, type Environment } from './stdio-server.ts';
import { empty, type ReadCredential, type Transport, type UpstreamCall, type UpstreamEvent } from './transport.ts';
import { MODERN_VERSION } from './versions.ts';

export interface StdioOptions {
  readonly credential: ReadCredential;
  /** For what servers write to stderr. */
  readonly masker: () => Masker;
  readonly watch?: ServerWatch | undefined;
  readonly limits?: StdioLimits;
}

/** Processes of one target at a time. */
export interface StdioLimits {
  readonly all: number;
  /** Of one subject: nobody takes the places of all others. */
  readonly ofSubject: number;
}

const LIMITS: StdioLimits = { all: 64, ofSubject: 16 };

/** MCP over stdio. A session is a process of its own; without sessions (revision 2026-07-28) each subject has one. */
export function createStdioUpstream(target: Target, { credential, masker, watch, limits = LIMITS }: StdioOptions): Transport {
  const servers = new Map<string, StdioServer>();
  /** Their credential was rotated: they finish what they have in hand. */
  const retiring = new Set<StdioServer>();

  async function start(key: string, call: UpstreamCall): Promise<StdioServer> {
    const env = await environment(call);
    const existing = servers.get(key);
    if (existing) return existing;
    refuseOver(call.owner);
    const onGone = (): void => {
      if (servers.get(key) === server) servers.delete(key);
      retiring.delete(server);
    };
    const server = new StdioServer({ target, env, owner: call.owner, masker, watch, onGone });
    servers.set(key, server);
    return server;
  }

  function refuseOver(owner: string | undefined): void {
    const own = [...servers.values()].filter((server) => server.owner === owner).length;
    if (own >= limits.ofSubject) throw full(`you have ${own} sessions open at the target "${target.name}", which is the limit`);
    if (servers.size >= limits.all) throw full(`the target "${target.name}" has ${limits.all} sessions open, which is its limit`);
  }

  async function environment(call: UpstreamCall): Promise<Environment> {
    const resolved = await credential(call);
    return resolved.kind === 'env' ? resolved.env : {};
  }

  /** A session goes on with its process alone, unless the credential of that is no longer the one to use: then it is over, and the next has another. */
  async function find(key: string, call: UpstreamCall): Promise<StdioServer | undefined> {
    const known = servers.get(key);
    if (!known || !target.credential || known.isOf(await environment(call))) return known;
    // Of two that see it at once, the second finds what the first has started.
    if (servers.get(key) !== known) return servers.get(key);
    servers.delete(key);
    retiring.add(known);
    known.retire();
    return undefined;
  }

  async function* exchange(call: UpstreamCall, key: string, session: 'opening' | 'going-on'): AsyncIterable<UpstreamEvent> {
    const server = (await find(key, call)) ?? (session === 'opening' || !call.session ? await start(key, call) : undefined);
    if (server) yield* server.exchange(call, session === 'opening' ? key : undefined);
    else yield empty(404);
  }

  return {
    async *send(call) {
      const opening = call.message?.kind === 'request' && call.message.method === 'initialize';
      const stateless = call.headers['mcp-protocol-version'] === MODERN_VERSION;
      const key = opening ? randomUUID() : (call.session?.upstreamId ?? (stateless ? `of ${call.owner ?? ''}` : undefined));
      if (key === undefined) yield* withoutSession(call);
      else if (call.verb === 'DELETE') yield* end(servers.get(key));
      else yield* exchange(call, key, opening ? 'opening' : 'going-on');
    },
    async close() {
      await Promise.all([...servers.values(), ...retiring].map((server) => server.close()));
    },
  };
}

const full = (what: string): SallyportError => new SallyportError('upstream_unreachable', what, { hint: 'end one, or try again later' });

async function* end(server: StdioServer | undefined): AsyncIterable<UpstreamEvent> {
  await server?.close();
  yield empty(server ? 200 : 404);
}

/** Before revision 2026-07-28 only `initialize` has no session yet. */
async function* withoutSession({ message }: UpstreamCall): AsyncIterable<UpstreamEvent> {
  yield empty(400);
  if (message?.kind !== 'request') return;
  const refused = rpcError(message.id, -32600, 'bad request: Mcp-Session-Id is needed');
  yield { kind: 'message', text: writeJson(refused), message: { kind: 'response', id: message.id, error: true, message: refused }, event: undefined };
}
