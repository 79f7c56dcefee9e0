import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Command } from '../../core/command.ts';
import { SallyportError } from '../../core/error.ts';
import { commandParts, makeEvent, sessionParts } from '../../core/event.ts';
import { newId } from '../../core/id.ts';
import type { JsonObject } from '../../core/json.ts';
import { passCommand } from '../../core/pipeline.ts';
import type { Client, Issued, Session } from '../../core/session.ts';
import type { Steps } from '../../core/steps.ts';
import { subjectKey, type Subject } from '../../core/subject.ts';
import { readTraceContext } from '../../core/trace-context.ts';
import { idText, readBody, rpcCodeOf, type RpcBody, type RpcMessage, type RpcRequest } from './codec.ts';
import { calledItself, clientName } from './client-name.ts';
import { commandOf, formProblem, transportCommand } from './command.ts';
import { httpStatus, refusalReply, rpcError } from './errors.ts';
import type { Ask } from './ask.ts';
import { McpExchange } from './exchange.ts';
import { checkLegacy, checkModern, eraOf, readHeaders, repeatedHeader, type HeaderProblem, type McpHeaders } from './headers.ts';
import { understandHeld } from './held.ts';
import type { MayList } from './lists.ts';
import { createBatchResponder, createResponder, type Responder } from './responder.ts';
import { accepts, collect, contentProblem } from './read-request.ts';
import { resume } from './resume.ts';
import { needsMoreScope, stepUp } from './scope.ts';
import { openSessionId, type McpSession } from './session-id.ts';
import type { McpContext, TargetSide } from './side.ts';
import { isStanding } from './standing.ts';
import { callerTrace, traceHeaders } from './trace.ts';
import { takesBatches, type Era } from './versions.ts';

/** A caller that was authenticated and may reach the target. */
export interface Caller {
  readonly subject: Subject;
  readonly client: Client;
  readonly issued: Issued;
  /** When its token ends; epoch milliseconds. */
  readonly expiresAt: number;
  /** What its client was let in for; absent: whatever the policy allows. */
  readonly scope?: string;
  readonly mayList: (session: Session) => MayList;
  readonly mayHold: () => boolean;
  /** `performance.now()` when the request came, and when it was known whose it is; 0 where nobody measures. */
  readonly arrived: number;
  readonly authenticated: number;
}

/** One request to `/mcp/<target>`, after authentication. Never throws; whatever is wrong is answered, and recorded. */
export async function serve(request: IncomingMessage, response: ServerResponse, caller: Caller, side: TargetSide, context: McpContext): Promise<void> {
  const responder = createResponder(response, context.times);
  const line: Line = { request, responder, caller, side, context, headers: readHeaders(request) };
  const leave = side.underWay.enter(subjectKey(caller.subject));
  try {
    if (!leave) return await reject(line, 429, { code: -32603, message: 'too many calls and streams at once: end some, then try again' });
    const repeated = repeatedHeader(request);
    if (repeated !== undefined) return await reject(line, 400, { code: -32600, message: `the header "${repeated}" was sent more than once` });
    if (request.method === 'POST') return await post(line);
    if (request.method === 'GET' || request.method === 'DELETE') return await transport(line, request.method);
    responder.empty(405, { allow: 'POST, GET, DELETE' });
  } catch (cause) {
    const error = cause instanceof SallyportError ? cause : new SallyportError('internal', 'the gateway failed on this request', { cause });
    await responder.reply(httpStatus(error.code), rpcError(null, -32603, error.message));
  } finally {
    leave?.();
  }
}

interface Line {
  readonly request: IncomingMessage;
  readonly responder: Responder;
  readonly caller: Caller;
  readonly side: TargetSide;
  readonly context: McpContext;
  readonly headers: McpHeaders;
}

async function post(line: Line): Promise<void> {
  const wrong = contentProblem(line.request);
  if (wrong) return reject(line, wrong.status, wrong);
  const bytes = await collect(line.request, line.side.target.limits.requestBytes);
  if (bytes === undefined) return reject(line, 413, { code: -32600, message: `the request is larger than ${line.side.target.limits.requestBytes} bytes` });
  let body: RpcBody;
  try {
    body = readBody(bytes, line.side.target.limits.depth);
  } catch (error) {
    return reject(line, 400, { code: rpcCodeOf(error), message: error instanceof Error ? error.message : 'unreadable' });
  }
  return body.batch ? batch(line, body.messages) : single(line, body.messages[0], bytes);
}

async function single(line: Line, message: RpcMessage | undefined, bytes: Uint8Array): Promise<void> {
  if (!message) return;
  const era = eraOf(message, line.headers);
  const problem = (era === 'modern' ? checkModern(message, line.headers) : checkLegacy(line.headers)) ?? formHeaderProblem(message, era);
  if (problem) return reject(line, 400, problem, message);
  await pass(line, message, era, line.responder, bytes);
}

/** The elements of a batch are commands of their own, each decided and forwarded by itself; their answers share one stream. */
async function batch(line: Line, messages: readonly RpcMessage[]): Promise<void> {
  const refused = batchProblem(line, messages);
  if (refused) return reject(line, 400, refused);
  if (openLegacy(line) === undefined) return line.responder.reply(404, sessionNotFound(null));
  const asking = messages.some((each) => each.kind === 'request');
  if (asking) line.responder.startStream();
  const element = createBatchResponder(line.responder);
  await Promise.all(messages.map((message) => pass(line, message, 'legacy', element, undefined)));
  if (asking) line.responder.end();
  else line.responder.empty(202);
}

function batchProblem(line: Line, messages: readonly RpcMessage[]): HeaderProblem | undefined {
  const { version } = line.headers;
  if (!takesBatches(version)) return { code: -32600, message: `revision ${version} has no batches` };
  for (const message of messages) {
    if (eraOf(message, line.headers) === 'modern') return { code: -32600, message: 'revision 2026-07-28 has no batches' };
    if (message.kind === 'request' && message.method === 'initialize') return { code: -32600, message: '"initialize" cannot be part of a batch' };
    const wrong = formHeaderProblem(message, 'legacy');
    if (wrong) return wrong;
  }
  const ids = messages.flatMap((message) => (message.kind === 'request' ? [idText(message.id)] : []));
  return new Set(ids).size === ids.length ? undefined : { code: -32600, message: 'two requests of the batch have the same id' };
}

async function pass(line: Line, message: RpcMessage, era: Era, responder: Responder, bytes: Uint8Array | undefined): Promise<void> {
  const opened = era === 'legacy' ? openLegacy(line) : {};
  if (opened === undefined) return responder.reply(404, sessionNotFound(message.kind === 'request' ? message.id : null));
  const session = await sessionOf(line, opened.session, message);
  const question = { message, era, session, headers: line.headers, side: line.side, gate: line.context.gate };
  const brought = await understandHeld(question, line.context).catch((error: unknown) => failed({ ...line, responder }, message, era, session, error));
  if (brought === undefined) return;
  const { understood, round, task, watched } = brought;
  if ('problem' in understood) return reject({ ...line, responder }, 400, understood.problem, message);
  if (needsMoreScope(line.caller.scope, message, understood.command)) {
    const more = stepUp(line.context.consoleUrl, line.side.target.name);
    return reject({ ...line, responder }, 403, { code: -32600, message: 'the client was let in to read only: it has to ask for more' }, message, more);
  }
  const ask: Ask = {
    verb: 'POST',
    message: brought.message,
    bytes: brought.message === message ? bytes : undefined,
    command: understood.command,
    session,
    mcpSession: opened.session,
    era,
    headers: forwarded(line, era),
    lastEventId: undefined,
    expiresAt: line.caller.expiresAt,
    clientName: clientName(message, opened.session),
    mayList: line.caller.mayList(session),
    mayHold: line.caller.mayHold,
    responder,
    steps: stepsOf(line, session, understood.command, message),
    ...(round ? { round } : {}),
    ...(watched ? { watched } : {}),
  };
  const own: Ask = task ? { ...ask, ownTask: { ...task, resume: () => resume(ask, task, line.side, line.context) } } : ask;
  const run = (): Promise<void> => line.context.sessions.during(session, () => passCommand(line.context.gate, new McpExchange(own, line.side, line.context)));
  await (message.kind === 'request' ? line.side.underWay.during(session.id, message.id, run) : run());
}

/** GET opens the stream of a session, DELETE ends it; both were before revision 2026-07-28. */
async function transport(line: Line, verb: 'GET' | 'DELETE'): Promise<void> {
  const { responder, headers } = line;
  if (headers.version === '2026-07-28') return responder.empty(405, { allow: 'POST' });
  const wrong = checkLegacy(headers);
  if (wrong) return reject(line, 400, wrong);
  if (verb === 'GET' && !accepts(line.request, 'text/event-stream')) return reject(line, 406, { code: -32600, message: 'Accept must list text/event-stream' });
  const opened = openLegacy(line);
  if (opened === undefined) return responder.reply(404, sessionNotFound(null));
  if (headers.lastEventId !== undefined && !opened.session)
    return reject(line, 400, { code: -32600, message: 'Last-Event-ID needs the session that the stream was of' });
  const session = await sessionOf(line, opened.session, undefined);
  const command = transportCommand(verb === 'GET' ? 'stream/listen' : 'session/end');
  const ask: Ask = {
    verb,
    message: undefined,
    bytes: undefined,
    command,
    session,
    mcpSession: opened.session,
    era: 'legacy',
    headers: forwarded(line, 'legacy'),
    lastEventId: headers.lastEventId,
    expiresAt: line.caller.expiresAt,
    clientName: opened.session?.clientName ?? '',
    mayList: line.caller.mayList(session),
    mayHold: line.caller.mayHold,
    responder,
    steps: stepsOf(line, session, command, undefined),
  };
  await line.context.sessions.during(session, () => passCommand(line.context.gate, new McpExchange(ask, line.side, line.context)));
}

function stepsOf({ caller, context, request }: Line, session: Session, command: Command, message: RpcMessage | undefined): Steps | undefined {
  if (!context.observer) return undefined;
  const { arrived, authenticated } = caller;
  const trace = callerTrace(message, request);
  return context.observer.begin({ session, command, arrived, authenticated, standing: isStanding(command), ...(trace ? { trace } : {}) });
}

/** The session of the caller's `Mcp-Session-Id`; undefined as a whole where the id is not this caller's. */
function openLegacy(line: Line): { session?: McpSession } | undefined {
  const { sessionId } = line.headers;
  if (sessionId === undefined) return {};
  const session = openSessionId(sessionId, line.caller.subject, line.side.target, line.context.sessionKey);
  return session && { session };
}

const sessionNotFound = (id: RpcRequest['id'] | null): JsonObject => rpcError(id, -32001, 'session not found');

function sessionOf(line: Line, mcp: McpSession | undefined, message: RpcMessage | undefined): Promise<Session> {
  const { subject, client, issued } = line.caller;
  const opening = message?.kind === 'request' && message.method === 'initialize';
  const id = mcp?.id ?? (opening && line.side.learned.mintsSessions !== false ? newId() : undefined);
  return line.context.sessions.of({ subject, target: line.side.target, client, issued }, id, () => calledItself(message));
}

/** The target could not even be asked what it has: that is told and recorded like any other failure of a command. */
async function failed(line: Line, message: RpcMessage, era: Era, session: Session, cause: unknown): Promise<undefined> {
  const error = cause instanceof SallyportError ? cause : new SallyportError('internal', 'the gateway failed on this command', { cause });
  const command = message.kind === 'response' ? {} : commandParts(commandOf(message, era));
  const event = makeEvent('command.failed', { ...sessionParts(session), ...command, outcome: { status: error.code }, note: error.message });
  await line.context.gate.recorder.append(event);
  const id = message.kind === 'request' ? message.id : null;
  const method = message.kind === 'response' ? '' : message.method;
  const asked = { id, method, era, known: true, consoleUrl: line.context.consoleUrl };
  const { status, message: reply } = refusalReply({ kind: 'failed', error, event: event.id }, asked);
  await line.responder.reply(status, reply);
  return undefined;
}

/** Headers that travel on: those of the protocol, once they agree with the body, and the trace context. */
function forwarded(line: Line, era: Era): Record<string, string> {
  const { headers } = line;
  const out: Record<string, string> = {};
  if (headers.version !== undefined) out['mcp-protocol-version'] = headers.version;
  Object.assign(out, readTraceContext(traceHeaders(line.request)));
  if (era === 'modern') {
    if (headers.method !== undefined) out['mcp-method'] = headers.method;
    if (headers.name !== undefined) out['mcp-name'] = headers.name;
    for (const [name, value] of headers.params) out[`mcp-param-${name}`] = value;
  } else if (headers.lastEventId !== undefined && line.request.method === 'GET') out['last-event-id'] = headers.lastEventId;
  return out;
}

function formHeaderProblem(message: RpcMessage, era: Era): HeaderProblem | undefined {
  const wrong = formProblem(message, era);
  return wrong === undefined ? undefined : { code: -32600, message: wrong };
}

/** Answers what cannot be a command, and records that it came. */
async function reject(
  line: Line,
  status: number,
  problem: HeaderProblem,
  message?: RpcMessage,
  headers: Readonly<Record<string, string>> = status === 413 ? { connection: 'close' } : {},
): Promise<void> {
  const { subject, client } = line.caller;
  const session: Session = { id: '', subject, target: line.side.target, client };
  const { session: _none, ...about } = sessionParts(session);
  await line.context.gate.recorder.append(makeEvent('command.refused', { ...about, outcome: { status: `http ${status}` }, note: problem.message }));
  const id = message?.kind === 'request' ? message.id : null;
  await line.responder.reply(status, rpcError(id, problem.code, problem.message, problem.data), headers);
}
