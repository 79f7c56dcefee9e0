import assert from 'node:assert/strict';
import { replyEvents, replyText, type Shape } from './messages.ts';

interface Probed {
  readonly port: number;
  readonly request: Buffer;
}

/**
 * One call on each side whose content is looked at: the gateway gives what the target gave, and masks where there is
 * something to mask. Returns how long the bodies are, so that the calls under load need only be counted.
 */
export async function probe(shape: Shape, direct: Probed, gateway: Probed): Promise<{ readonly direct: number; readonly gateway: number }> {
  const [from, through] = [await callOnce(direct), await callOnce(gateway)];
  assert.equal(from, shape === 'stream' ? replyEvents().join('') : replyText(shape), 'the target does not answer as it should');
  if (shape === 'hits') assert.match(through, /\[redacted:email\].*\[redacted:credit-card\]/, 'the gateway does not mask');
  else assert.equal(through, from, 'the gateway changed a reply without hits');
  return { direct: Buffer.byteLength(from), gateway: Buffer.byteLength(through) };
}

/** The prepared bytes, sent by a client that reads the whole reply. */
async function callOnce({ port, request }: Probed): Promise<string> {
  const text = request.toString();
  const end = text.indexOf('\r\n\r\n');
  const [line = '', ...fields] = text.slice(0, end).split('\r\n');
  const headers = fields.map((field): [string, string] => [field.slice(0, field.indexOf(':')), field.slice(field.indexOf(':') + 1).trim()]);
  const sent = headers.filter(([name]) => name !== 'host' && name !== 'content-length');
  const response = await fetch(`http://127.0.0.1:${port}${line.split(' ')[1]}`, { method: 'POST', headers: sent, body: text.slice(end + 4) });
  const body = await response.text();
  assert.equal(response.status, 200, body.slice(0, 500));
  return body;
}
