import assert from 'node:assert/strict';
import type { Bench, RequestParts } from './bench.ts';

/** What becomes of a request: it reaches the target and succeeds, is refused by policy, or is turned away as it stands. */
export type Fate =
  | { readonly fate: 'forwarded' }
  | { readonly fate: 'denied' }
  | { readonly fate: 'rejected'; readonly status: readonly number[]; readonly code?: readonly number[] };

export const forwarded: Fate = { fate: 'forwarded' };
export const denied: Fate = { fate: 'denied' };
export const rejected = (status: number | readonly number[], code?: number | readonly number[]): Fate => ({
  fate: 'rejected',
  status: [status].flat(),
  ...(code === undefined ? {} : { code: [code].flat() }),
});

/** Sends and judges; the target must have heard exactly of what was forwarded. */
export async function meets(bench: Bench, sent: RequestParts | string | Buffer, fate: Fate, what: string): Promise<void> {
  const before = bench.arrived.length;
  const heard = await bench.send(typeof sent === 'string' || Buffer.isBuffer(sent) ? sent : await bench.request(sent));
  const calls = bench.arrived.length - before;
  const said = `${what}: HTTP ${heard.status} ${heard.body.slice(0, 300)}`;
  const failed = heard.messages.some(({ error, result }) => error !== undefined || result?.isError === true);
  if (fate.fate === 'forwarded') {
    assert.ok(heard.status === 200 || heard.status === 202, said);
    assert.equal(failed, false, said);
    assert.equal(calls, 1, `${said}: reached the target ${calls} times`);
    return;
  }
  assert.equal(calls, 0, `${said}: it reached the target`);
  if (fate.fate === 'denied') assert.ok(heard.status === 200 && failed, said);
  else {
    assert.ok(fate.status.includes(heard.status), said);
    const code = heard.messages.find(({ error }) => error)?.error?.code;
    if (fate.code) assert.ok(code !== undefined && fate.code.includes(code), said);
  }
}
