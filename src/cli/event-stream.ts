import { SallyportError } from '../core/error.ts';

export interface StreamedEvent {
  readonly event: string;
  readonly data: string;
  /** Where to go on after this one; absent where the stream did not say. */
  readonly id?: string;
}

/** Characters of one event: a stream without an end of one is no stream of ours. */
const MAX_EVENT = 16 * 1024 * 1024;

/** Server-sent events as they come; one line of data each, as the gateway writes them. Source: html.spec.whatwg.org/#server-sent-events */
export async function* readEventStream(bytes: AsyncIterable<Uint8Array>): AsyncIterable<StreamedEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of bytes) {
    rest += decoder.decode(chunk, { stream: true });
    const pieces = rest.split(/\r?\n\r?\n/);
    rest = pieces.pop() ?? '';
    if (rest.length > MAX_EVENT) throw new SallyportError('upstream_invalid', 'the gateway sent an event without an end');
    for (const piece of pieces) {
      const event = readEvent(piece);
      if (event) yield event;
    }
  }
}

function readEvent(text: string): StreamedEvent | undefined {
  const fields = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^(event|data|id): ?(.*)$/.exec(line);
    if (match) fields.set(match[1] ?? '', match[2] ?? '');
  }
  const [data, id] = [fields.get('data'), fields.get('id')];
  return data === undefined ? undefined : { event: fields.get('event') ?? 'message', data, ...(id === undefined ? {} : { id }) };
}
