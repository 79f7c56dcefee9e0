/**
 * The target of the benchmark: raw node:http with prepared replies, so that what is measured is the way there and back.
 * Started as a process of its own; prints its port.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { replyEvents, replyText, SHAPES, toolList, toolOf } from './messages.ts';

const REPLIES = new Map(SHAPES.filter((shape) => shape !== 'stream').map((shape) => [toolOf(shape), Buffer.from(replyText(shape))]));
const EVENTS = replyEvents();

function answer(request: IncomingMessage, response: ServerResponse): void {
  const reply = request.headers['mcp-method'] === 'tools/list' ? Buffer.from(toolList(1)) : REPLIES.get(String(request.headers['mcp-name']));
  if (reply) return void response.writeHead(200, { 'content-type': 'application/json', 'content-length': reply.length }).end(reply);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of EVENTS) response.write(event);
  response.end();
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume();
  request.on('end', () => answer(request, response));
});
server.listen(0, '127.0.0.1', () => {
  // listening on TCP, so the address is an object
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
