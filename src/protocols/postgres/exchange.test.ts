import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainTarget } from '../../../test/support/plain-target.ts';
import { makeCommand } from '../../core/command.ts';
import type { Masker } from '../../core/masker.ts';
import type { Grant } from '../../core/pipeline.ts';
import type { ReplyPart } from '../../core/reply-part.ts';
import type { Session } from '../../core/session.ts';
import { BACKEND, int32, message } from './codec.ts';
import { StatementExchange, type ExchangeHost, type Piece } from './exchange.ts';

const MASKER: Masker = {
  text: (value) => ({ value, applied: [] }),
  json: (value) => ({ value, applied: [] }),
  texts: (value) => ({ value, applied: [] }),
};
const SESSION: Session = {
  id: 's',
  subject: { kind: 'person', id: 'ann', name: 'ann', groups: [], issuer: 'local' },
  target: plainTarget({ protocol: 'postgres', masking: 'observe', record: { rows: 10 } }),
  client: { address: '', userAgent: '', id: '' },
};
const HOST: ExchangeHost = {
  session: SESSION,
  consoleUrl: '',
  cancelled: false,
  begin: () => {},
  refuse: () => {},
  abandon: () => {},
  cancel: () => {},
  write: () => Promise.resolve(),
  gather: () => {},
  more: () => {},
  waiting: () => new AbortController().signal,
};

const row = (value: string): Piece => ({
  bytes: message(BACKEND.dataRow, int32(1).subarray(2), int32(value.length), Buffer.from(value)),
  source: { result: 0, kind: 'rows', columns: [{ name: 'a', type: 25, format: 0 }] },
});
const unmaskable = (value: string): Piece => ({
  ...row(value),
  rewrite() {
    throw new Error('boom');
  },
});

test('of rows that are released unmasked the record has the number, and of those before them the rows', async () => {
  const command = makeCommand({ protocol: 'postgres', name: 'read', naming: 'plain', arguments: {} });
  const exchange = new StatementExchange(HOST, command);
  exchange.offer(row('seen'));
  const last = await lastOf(exchange, async (part) => {
    await exchange.release(part, part.mask(MASKER));
    exchange.offer(unmaskable('hunter2'));
    exchange.finish({ status: 'ok', results: [{ tag: 'SELECT 2', rows: 2 }] });
  });
  assert.throws(() => last.mask(MASKER), /boom/);
  const { account, kept } = last.raw();
  assert.deepEqual(JSON.parse(Buffer.from(account?.bytes ?? []).toString()), {
    status: 'ok',
    results: [{ tag: 'SELECT 2', rows: 2 }],
    recorded: [{ result: 0, columns: ['a'], rows: [['seen']], unmasked: 1 }],
  });
  assert.deepEqual(JSON.parse(Buffer.from(kept?.bytes ?? []).toString()), { status: 'ok', results: [{ tag: 'SELECT 2', rows: 2 }] });
});

async function lastOf(exchange: StatementExchange, each: (part: ReplyPart) => Promise<void>): Promise<ReplyPart> {
  // The grant goes to the host, which sends nothing here.
  for await (const part of exchange.forward({} as Grant)) {
    if (part.kind === 'final') return part;
    await each(part);
  }
  return assert.fail('no last part');
}
