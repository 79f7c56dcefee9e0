/** An HTTP server that keeps what it is sent and answers as it is told: webhook receivers, and Slack's API. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { listen } from './listen.ts';
import { until } from './until.ts';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The body as JSON, in the forms that tests look at; one that reads what is not there fails by itself. */
  readonly json: Sent;
}

/** A notice to a webhook, or a message to Slack. */
interface Sent {
  readonly type: string;
  readonly data: { readonly id: string; readonly text: string; readonly links: readonly { readonly person: string; readonly url: string }[] };
  readonly channel: string;
  readonly text: string;
  readonly parse: string;
  readonly mrkdwn: boolean;
  readonly blocks: readonly Block[];
}

interface Block {
  readonly type: string;
  readonly elements: readonly { readonly type: string; readonly value: string; readonly elements: readonly { readonly text: string }[] }[];
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** What came to this path, once there are so many. */
  heard(path: string, count?: number): Promise<readonly Received[]>;
  close(): Promise<void>;
}

export async function startReceiver(answer: (received: Received) => Answer): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const text = (request.headers['content-type'] ?? '').startsWith('application/json') ? body : '{}';
      const one = { path: request.url ?? '', headers: request.headers, body, json: JSON.parse(text) as Sent };
      received.push(one);
      const { status = 200, headers = {}, body: reply = {} } = answer(one);
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(reply));
    });
  });
  const { port, close } = await listen(server);
  const at = (path: string): readonly Received[] => received.filter((one) => one.path === path);
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    heard: (path, count = 1) => until(`${count} requests for ${path}`, () => (at(path).length >= count ? at(path) : undefined)),
    close,
  };
}
