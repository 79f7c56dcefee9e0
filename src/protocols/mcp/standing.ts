/** Streams that stay open: what they are, how long they may, and how they end. */
import type { Command } from '../../core/command.ts';
import type { Gate } from '../../core/gate.ts';
import type { Grant } from '../../core/pipeline.ts';
import type { Ask } from './ask.ts';

/** A stream that stays open until somebody ends it. */
export function isStanding(command: Command): boolean {
  return command.name === 'stream/listen' || command.name === 'subscriptions/listen';
}

/** It is allowed only as long as it would be opened now, under the same policy and a token that lives. */
export function mayStand({ session, command, expiresAt }: Ask, grant: Grant, gate: Gate): boolean {
  const now = gate.decide(session, command);
  // What stands on people's yes instead of a rule is ended by the pipeline, with their window.
  const effect = grant.by === 'people' ? 'review' : 'allow';
  return now.effect === effect && now.policyVersion === grant.policyVersion && Date.now() < expiresAt;
}

/** A subscription that ends is answered; the stream of a session just ends. */
export async function sayEnd({ message, responder }: Ask): Promise<void> {
  if (!responder.streaming) return responder.empty(503);
  if (message?.kind !== 'request') return;
  const result = { resultType: 'complete', _meta: { 'io.modelcontextprotocol/subscriptionId': message.id } };
  await responder.reply(200, { jsonrpc: '2.0', id: message.id, result });
}
