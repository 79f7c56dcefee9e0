import type { Command } from '../../core/command.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { SupposedCommand } from '../../policy/supposed.ts';
import { metaMember, readBody, type RpcRequest } from './codec.ts';
import { commandOf, NAMED, SERVER_REQUESTS, serverCommand, transportCommand } from './command.ts';

/** The command that a recorded request was; without its body, or where that cannot be read, as its name says. */
export function recalledCommand(name: string, request: string | undefined): Command | undefined {
  if (request === undefined || TRANSPORT.some((each) => each === name)) return supposedCommand({ protocol: 'mcp', name, args: {} });
  try {
    const [message, more] = readBody(Buffer.from(request), MAX_DEPTH).messages;
    if (message?.kind === 'response') return transportCommand('answer');
    if (!message || more) return undefined;
    return commandOf(message, metaMember(message.params, 'protocolVersion') === undefined ? 'legacy' : 'modern');
  } catch {
    return supposedCommand({ protocol: 'mcp', name, args: {} });
  }
}

const MAX_DEPTH = 10_000;
const TRANSPORT = ['stream/listen', 'session/end', 'answer'] as const;

/**
 * The command that rules know by this name, as it would be read off the wire: what names a method of servers, a request of
 * theirs, or an unknown word is named so here, too. For questions about the policy, never for the data path.
 */
export function supposedCommand({ name, args, traits }: SupposedCommand): Command {
  const space = name.indexOf(' ');
  const method = space < 0 ? name : name.slice(0, space);
  const about = space < 0 ? undefined : name.slice(space + 1);
  const own = isJsonObject(args) ? args : {};
  for (const each of TRANSPORT) if (each === name) return transportCommand(each, own);
  if (SERVER_REQUESTS.has(method)) return serverCommand(method, about === undefined ? own : { ...own, mode: 'url', url: about });
  const params = paramsOf(method, about, args);
  const message: RpcRequest = { kind: 'request', id: 0, method: params ? method : name, params: params ?? own, message: {} };
  // The older revisions have every method that the newer one has.
  const command = commandOf(message, 'legacy');
  return traits ? { ...command, traits: { ...command.traits, ...traits } } : command;
}

/** Undefined where the method takes no name: then the words together are no method at all. */
function paramsOf(method: string, about: string | undefined, args: JsonValue): JsonObject | undefined {
  const own = isJsonObject(args) ? args : {};
  const key = Object.hasOwn(NAMED, method) ? NAMED[method] : undefined;
  if (about === undefined) return own;
  if (key === undefined) return undefined;
  return method === 'tools/call' || method === 'prompts/get' ? { [key]: about, arguments: args } : { ...own, [key]: about };
}
