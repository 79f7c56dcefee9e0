/**
 * The Model Context Protocol, both eras, as a relay: every message is read, decided, recorded and masked, and travels as
 * its own bytes where nothing changed. Opened by the gateway; it must not know how policies are written, where events are
 * kept or who signs tokens.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { makeEvent } from '../../core/event.ts';
import type { Client } from '../../core/session.ts';
import type { Subject } from '../../core/subject.ts';
import { headerValues } from '../../identity/bearer.ts';
import { isAuthenticated, type Authenticated, type Unauthenticated } from '../../identity/outcome.ts';
import { challenge } from '../../identity/resource-metadata.ts';
import { clientAddress } from '../../network/client-address.ts';
import { createLimit } from '../limit.ts';
import type { HttpEndpoint, HttpProtocol, ProtocolDeps } from '../protocol.ts';
import { DEFAULT_CLIENTS, type KnownClients } from './clients.ts';
import { serve, type Caller } from './downstream.ts';
import { rpcError } from './errors.ts';
import { memoryPins } from './pins/pin-store.ts';
import { ToolPins } from './pins/tool-pins.ts';
import { createResponder } from './responder.ts';
import { Sessions } from './sessions.ts';
import { TargetSides, type McpContext } from './side.ts';
import { recalledCommand, supposedCommand } from './supposed.ts';
import { TaskRuns } from './task-runs.ts';
import { DEFAULT_TIMES, type Times } from './times.ts';

export const mcp: HttpProtocol = { name: 'mcp', path: 'mcp', open: (deps) => createMcp(deps), suppose: supposedCommand, recall: recalledCommand };

/** Compared as it was sent: a name that needs decoding is no name. */
const PATH = /^\/mcp\/([a-z0-9](?:[a-z0-9._-]{0,126}[a-z0-9])?)$/;
const NOT_FOUND = rpcError(null, -32600, 'no such target, or you may not reach it');
/** To whom nothing is revealed. */
const NOBODY: Subject = { kind: 'person', id: '', name: '', groups: [], issuer: '' };
const REFUSALS_AT_ONCE = 20;

export function createMcp(deps: ProtocolDeps, times: Partial<Times> = {}, clients: KnownClients = DEFAULT_CLIENTS): HttpEndpoint {
  const sessions = new Sessions(deps.gate.recorder);
  const pins = deps.pins ?? new ToolPins(memoryPins(), deps.gate.recorder);
  const sides = new TargetSides({
    pins,
    sessionKey: deps.sessionKey,
    ...(deps.servers ? { servers: deps.servers } : {}),
    ...(deps.credentials ? { credentials: deps.credentials } : {}),
    masker: ({ name: target }) => deps.gate.masker(deps.reach().masksFor(NOBODY, target)),
  });
  const tasks = new TaskRuns();
  const { gate, sessionKey, url: consoleUrl, clientAddress: addressOf = clientAddress([]) } = deps;
  const { observer } = deps;
  const context: McpContext = {
    gate,
    sessions,
    sessionKey,
    consoleUrl,
    times: { ...DEFAULT_TIMES, ...times },
    clients,
    tasks,
    ...(observer ? { observer } : {}),
  };
  const refusals = createLimit(REFUSALS_AT_ONCE);

  const { locks } = deps.gate;
  const stopWatching = locks?.onChange(() => {
    sessions.endWhere((session) => locks.reason(session) !== undefined);
    void sessions.tell();
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrived = observer ? performance.now() : 0;
    const name = PATH.exec((request.url ?? '').replace(/\?.*$/s, ''))?.[1] ?? '';
    const { dpop: proof } = request.headers;
    // Two proofs are joined by a comma, and then they are none.
    const sent = typeof proof === 'string' ? { proof, method: request.method ?? '' } : undefined;
    const outcome = await deps.authenticator.authenticate(headerValues(request.rawHeaders, 'authorization'), name, sent);
    if (!isAuthenticated(outcome)) return unauthenticated(request, response, outcome, name);
    const target = deps.reach().target(name);
    if (target?.protocol !== 'mcp' || !deps.reach().mayReach(outcome.subject, name)) return createResponder(response).reply(404, NOT_FOUND);
    await serve(
      request,
      response,
      { ...callerOf(clientOf(request, outcome.clientId), outcome, deps, name), arrived, authenticated: observer ? performance.now() : 0 },
      sides.of(target),
      context,
    );
  }

  async function unauthenticated(request: IncomingMessage, response: ServerResponse, outcome: Unauthenticated, name: string): Promise<void> {
    observer?.unauthenticated(outcome.code);
    // A stranger may not fill the disk: refusals are recorded at a bounded rate, and a missing token is how clients begin.
    if (outcome.code !== 'missing' && refusals()) {
      await deps.gate.recorder
        .append(makeEvent('token.refused', { target: name, protocol: 'mcp', client: clientOf(request, ''), note: outcome.reason }))
        .catch(() => {});
    }
    const responder = createResponder(response);
    if (outcome.code === 'unavailable') return responder.reply(503, rpcError(null, -32603, outcome.reason), { 'retry-after': '5' });
    const error = outcome.code === 'missing' ? {} : { error: { code: 'invalid_token', reason: outcome.reason } as const };
    const header = challenge(deps.url, name, { ...error, scope: deps.scope, scheme: outcome.scheme });
    await responder.reply(401, rpcError(null, -32600, outcome.reason), { 'www-authenticate': header });
  }

  function clientOf(request: IncomingMessage, id: string): Client {
    return { address: addressOf(request), userAgent: (request.headers['user-agent'] ?? '').slice(0, 200), id };
  }

  return {
    handle,
    async close() {
      stopWatching?.();
      tasks.stop();
      await sides.close();
      await tasks.ended();
      await sessions.close();
    },
  };
}

function callerOf(
  client: Client,
  { subject, issued, expiresAt, scope }: Authenticated,
  deps: ProtocolDeps,
  target: string,
): Omit<Caller, 'arrived' | 'authenticated'> {
  return {
    subject,
    client,
    issued,
    expiresAt,
    ...(scope === undefined ? {} : { scope }),
    mayList: (session) => (command) => deps.reach().mayList(session, command),
    mayHold: () => deps.reach().mayHold(subject, target),
  };
}
