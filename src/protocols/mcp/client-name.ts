import { isJsonObject, member } from '../../core/json.ts';
import { metaMember, type RpcMessage } from './codec.ts';
import type { McpSession } from './session-id.ts';

/** What the client calls itself, for how long it is known to wait; empty where it does not say. */
export function clientName(message: RpcMessage, session: McpSession | undefined): string {
  if (message.kind === 'response') return session?.clientName ?? '';
  const info = metaMember(message.params, 'clientInfo') ?? member(message.params, 'clientInfo');
  const name = isJsonObject(info) ? member(info, 'name') : undefined;
  return typeof name === 'string' ? name.slice(0, 100) : (session?.clientName ?? '');
}

/** Name and version, as the client says them where a session begins. */
export function calledItself(message: RpcMessage | undefined): string | undefined {
  if (message === undefined || message.kind === 'response') return undefined;
  const info = metaMember(message.params, 'clientInfo') ?? member(message.params, 'clientInfo');
  if (!isJsonObject(info)) return undefined;
  const said = [member(info, 'name'), member(info, 'version')].filter((text): text is string => typeof text === 'string' && text !== '');
  return said.length === 0 ? undefined : said.join(' ').slice(0, 100).toWellFormed().replaceAll('\0', '');
}
