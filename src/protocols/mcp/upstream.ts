import type { Command } from '../../core/command.ts';
import { SallyportError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Masker } from '../../core/masker.ts';
import type { Grant } from '../../core/pipeline.ts';
import type { Subject } from '../../core/subject.ts';
import type { Target } from '../../core/target.ts';
import { dependsOnSubject } from '../../core/credential-spec.ts';
import { createCredentials, type Credentials, type ResolvedCredential } from '../../credential/credential.ts';
import type { ServerWatch } from '../protocol.ts';
import type { RpcMessage, RpcResponse } from './codec.ts';
import { EchoBook } from './echoes.ts';
import { createEventIds } from './event-ids.ts';
import { createHttpUpstream } from './http-upstream.ts';
import { createStdioUpstream } from './stdio-upstream.ts';
import type { ReadCredential, Transport, UpstreamCall, UpstreamEvent } from './transport.ts';

/** The target's side: dials, injects the credential, streams replies. */
export interface Upstream {
  /** Sends what was granted, and only that. */
  forward(grant: Grant, command: Command, call: UpstreamCall): AsyncIterable<UpstreamEvent>;
  /** The gateway's own question: a handshake or a list, never a caller's command. */
  ask(method: 'initialize' | 'notifications/initialized' | 'tools/list' | 'session/end', call: UpstreamCall): AsyncIterable<UpstreamEvent>;
  /** Tells the target that its request of the caller goes no further. */
  decline(response: RpcResponse, call: Pick<UpstreamCall, 'session' | 'headers' | 'subject'>): Promise<void>;
  /** Resolves where the target would be opened for this subject now; throws what is missing. */
  ready(subject: Subject): Promise<void>;
  close(): Promise<void>;
}

export interface UpstreamOptions {
  /** For what the target writes beside its replies, to whom it concerns. */
  readonly masker: () => Masker;
  /** Seals what callers see of the target's streams: 32 bytes, the same for every process of one installation. */
  readonly sessionKey: Uint8Array;
  readonly watch?: ServerWatch | undefined;
  readonly credentials?: Credentials | undefined;
}

export function createUpstream(target: Target, { masker, sessionKey, watch, credentials = createCredentials() }: UpstreamOptions): Upstream {
  const { credential: spec, name, address } = target;
  const echoes = new EchoBook();
  const isShared = spec === undefined || !dependsOnSubject(spec);
  const echoesFor = ({ owner = '' }: UpstreamCall) => (isShared ? echoes.shared : echoes.of(owner));
  const credential: ReadCredential = async (call) => {
    if (!spec) return NO_CREDENTIAL;
    const resolved = await credentials.read(spec, { target: name, address, subject: call.subject });
    echoesFor(call).learn(resolved);
    return resolved;
  };
  const plain = target.command
    ? createStdioUpstream(target, { credential, masker, watch })
    : createHttpUpstream(target, credential, createEventIds(name, sessionKey));
  // Without a credential there is nothing to repeat.
  const transport: Transport = spec ? { send: (call) => echoesFor(call).removedFrom(plain.send(call)), close: () => plain.close() } : plain;
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
    async decline(response, call) {
      const events = transport.send({ ...call, verb: 'POST', message: response, signal: AbortSignal.timeout(10_000) });
      for await (const _event of events) continue;
    },
    async ready(subject) {
      if (spec) await credentials.read(spec, { target: name, address, subject });
    },
    close: () => transport.close(),
  };
}

const NO_CREDENTIAL: ResolvedCredential = { kind: 'headers', headers: [], warnings: [] };

/** A message that the gateway writes itself. */
export function ownMessage(message: JsonObject & { readonly method: string }): RpcMessage {
  const { method } = message;
  // Ours, as every other member: params are an object and ids are numbers.
  const params = (message['params'] ?? {}) as JsonObject;
  return 'id' in message ? { kind: 'request', id: message['id'] as number, method, params, message } : { kind: 'notification', method, params, message };
}
