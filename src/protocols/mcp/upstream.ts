import type { Command } from '../../core/command.ts';
import { SallyportError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Grant } from '../../core/pipeline.ts';
import type { Target } from '../../core/target.ts';
import { readCredential, type ResolvedCredential } from '../../credential/credential.ts';
import type { ServerWatch } from '../protocol.ts';
import type { RpcMessage, RpcResponse } from './codec.ts';
import { Echoes } from './echoes.ts';
import { createHttpUpstream } from './http-upstream.ts';
import type { McpSession } from './session-id.ts';
import { createStdioUpstream } from './stdio-upstream.ts';
import type { Transport, UpstreamCall, UpstreamEvent } from './transport.ts';

/** The target's side: dials, injects the credential, streams replies. */
export interface Upstream {
  /** Sends what was granted, and only that. */
  forward(grant: Grant, command: Command, call: UpstreamCall): AsyncIterable<UpstreamEvent>;
  /** The gateway's own question: a handshake or a list, never a caller's command. */
  ask(method: 'initialize' | 'notifications/initialized' | 'tools/list' | 'session/end', call: UpstreamCall): AsyncIterable<UpstreamEvent>;
  /** Tells the target that its request of the caller goes no further. */
  decline(response: RpcResponse, session: McpSession | undefined, headers: Readonly<Record<string, string>>): Promise<void>;
  close(): Promise<void>;
}

export function createUpstream(target: Target, watch?: ServerWatch): Upstream {
  const echoes = new Echoes();
  const plain = createTransport(target, echoes, watch);
  // Without a credential there is nothing to repeat.
  const transport: Transport = target.credential ? { send: (call) => echoes.removedFrom(plain.send(call)), close: () => plain.close() } : plain;
  return {
    forward(grant, command, call) {
      if (grant.command !== command) throw new SallyportError('internal', 'this grant is for another command');
      return transport.send(call);
    },
    ask: (method, call) => {
      if (call.verb === 'POST' && (call.message?.kind === 'response' || call.message?.method !== method))
        throw new SallyportError('internal', 'the gateway asks only for lists');
      return transport.send(call);
    },
    async decline(response, session, headers) {
      const events = transport.send({ verb: 'POST', message: response, headers, session, signal: AbortSignal.timeout(10_000) });
      for await (const _event of events) continue;
    },
    close: () => transport.close(),
  };
}

const NO_CREDENTIAL: ResolvedCredential = { kind: 'headers', headers: [], warnings: [] };

function createTransport(target: Target, echoes: Echoes, watch: ServerWatch | undefined): Transport {
  const { credential: spec } = target;
  const credential = async (): Promise<ResolvedCredential> => {
    const resolved = spec ? await readCredential(spec) : NO_CREDENTIAL;
    echoes.learn(resolved);
    return resolved;
  };
  return target.command ? createStdioUpstream(target, credential, watch) : createHttpUpstream(target, credential);
}

/** A message that the gateway writes itself. */
export function ownMessage(message: JsonObject & { readonly method: string }): RpcMessage {
  const { method } = message;
  // Ours, as every other member: params are an object and ids are numbers.
  const params = (message['params'] ?? {}) as JsonObject;
  return 'id' in message ? { kind: 'request', id: message['id'] as number, method, params, message } : { kind: 'notification', method, params, message };
}
