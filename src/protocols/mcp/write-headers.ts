import { member } from '../../core/json.ts';
import { metaMember, type RpcMessage } from './codec.ts';
import { nameIn, scalarText, valueAt } from './headers.ts';

/** Arguments that travel in headers, too: the header's name without its prefix, and the path into the arguments. */
export type MarkedArguments = ReadonlyMap<string, readonly string[]>;

/** The headers that revision 2026-07-28 has a client repeat from the body, for clients that have only the body. */
export function modernHeaders(message: Exclude<RpcMessage, { kind: 'response' }>, marked: MarkedArguments = new Map()): Readonly<Record<string, string>> {
  const version = scalarText(metaMember(message.params, 'protocolVersion'));
  const name = scalarText(nameIn(message));
  const args = member(message.params, 'arguments') ?? null;
  const params = [...marked].flatMap(([header, path]) => {
    const text = scalarText(valueAt(args, path));
    return text === undefined ? [] : [[`mcp-param-${header}`, encodeHeader(text)] as const];
  });
  return {
    ...(version === undefined ? {} : { 'mcp-protocol-version': version }),
    'mcp-method': encodeHeader(message.method),
    ...(name === undefined ? {} : { 'mcp-name': encodeHeader(name) }),
    ...Object.fromEntries(params),
  };
}

/** As it is where a header can hold it so that every reader gets the same text; else wrapped. */
export function encodeHeader(text: string): string {
  const plain = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !/^=\?base64\?/i.test(text);
  return plain ? text : `=?base64?${Buffer.from(text, 'utf8').toString('base64')}?=`;
}
