import { isSallyportError } from '../../core/error.ts';
import { parseJson, writeJson, type JsonValue } from '../../core/json.ts';
import { rpcCodeOf, type RpcId } from '../../protocols/mcp/codec.ts';

export interface ClientLinesOptions {
  /** One line, without its end. */
  readonly output: (line: string) => Promise<void>;
  /** For people: what goes wrong beside the messages. */
  readonly note: (text: string) => void;
}

/** What the client reads: one message, one line. */
export interface ClientLines {
  send(text: string): Promise<void>;
  /** The answer to a request that was not answered. */
  refuse(id: RpcId, error: unknown): Promise<void>;
  /** The answer to what is no message. */
  refuseUnread(error: unknown): Promise<void>;
}

export function createClientLines({ output, note }: ClientLinesOptions): ClientLines {
  async function send(text: string): Promise<void> {
    const line = /[\r\n]/.test(text) ? writeJson(jsonOrNull(text)) : text;
    if (line.trim() !== '') await output(line);
  }
  return {
    send,
    refuse(id, error) {
      const hint = isSallyportError(error) && error.hint !== undefined ? ` (${error.hint})` : '';
      const message = `${error instanceof Error ? error.message : 'the request failed'}${hint}`;
      note(`error: ${message}`);
      return send(errorText(id, isSallyportError(error, 'unauthenticated') ? 401 : 502, message));
    },
    refuseUnread: (error) => send(errorText(null, rpcCodeOf(error), error instanceof Error ? error.message : 'not a message')),
  };
}

/** Codes of our own lie outside of those that JSON-RPC and MCP have for themselves. */
const errorText = (id: RpcId | null, code: number, message: string): string => JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } });

export function jsonOrNull(text: string): JsonValue {
  try {
    return parseJson(text);
  } catch {
    return null;
  }
}
