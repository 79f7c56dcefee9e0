import type { HttpReply } from './http.ts';
import type { SendResult, SinkBatch } from './sink.ts';

const TOO_LARGE = 413;

/**
 * Sends a batch, and in halves where the receiver finds it too large. A single record that is still too large never gets there: it counts as
 * refused, so that it does not hold up what follows.
 */
export async function sendInParts(
  batch: SinkBatch,
  send: (part: SinkBatch) => Promise<HttpReply>,
  judge: (reply: HttpReply) => SendResult,
): Promise<SendResult> {
  const reply = await send(batch);
  if (reply.status !== TOO_LARGE) return judge(reply);
  const [record] = batch.records;
  if (!record || batch.records.length === 1)
    return { outcome: 'rejected', records: batch.records.length, reason: `event ${record?.leaf.id ?? ''} is too large there (HTTP 413)` };
  const half = Math.ceil(batch.records.length / 2);
  const [first, second] = [batch.records.slice(0, half), batch.records.slice(half)];
  const middle = second[0]?.index ?? batch.next;
  const before = await sendInParts({ ...batch, next: middle, records: first, checkpoints: [] }, send, judge);
  if (before.outcome === 'later') return before;
  return sum(before, await sendInParts({ ...batch, first: middle, records: second }, send, judge));
}

function sum(a: SendResult, b: SendResult): SendResult {
  if (a.outcome !== 'rejected' || b.outcome === 'later') return b;
  return b.outcome === 'rejected' ? { ...b, records: a.records + b.records } : a;
}
