/** What the gateway answers in the target's place: the result that it kept, or its refusal. */
import type { Approval } from '../../core/approval.ts';
import { isJsonObject, parseJson, type JsonObject } from '../../core/json.ts';
import type { Refusal } from '../../core/refusing.ts';
import { requestIdOf, type Ask } from './ask.ts';
import type { RpcId } from './codec.ts';
import { isKnown } from './command.ts';
import { refusalReply, rpcError, withNote } from './errors.ts';

/** The result of an approved call that already ran, for whoever asks again. */
export function keptResult(result: string, { id: approval, status }: Approval, id: RpcId | null): JsonObject {
  const kept = parseJson(result);
  const message: JsonObject = isJsonObject(kept) ? { ...kept, id } : rpcError(id, -32603, 'the kept result cannot be read');
  const note = 'this is the recorded result of the approved call; it did not run again';
  return withNote(message, 'dev.sallyport/approval', { id: approval, status, note });
}

export function refusalOf(refusal: Refusal, ask: Ask, consoleUrl: string): ReturnType<typeof refusalReply> {
  const { message, era, command } = ask;
  const asking = message && message.kind !== 'response' ? message : undefined;
  const method = asking ? asking.method : command.name;
  return refusalReply(refusal, { id: requestIdOf(ask), method, era, known: asking === undefined || isKnown(method, era), consoleUrl });
}
