import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { plainTarget } from '../../test/support/plain-target.ts';
import { startPostgres } from '../../test/support/postgres.ts';
import type { Quota } from '../core/quota.ts';
import type { Admission, Exhausted } from '../core/quota-keeper.ts';
import type { Session } from '../core/session.ts';
import { subjectKey } from '../core/subject.ts';
import { openStorage, type Storage } from '../storage/storage.ts';
import { storedDayBook } from './day-book.ts';
import { QuotaCounter } from './quotas.ts';

const folder = await mkdtemp(join(tmpdir(), 'sallyport-quotas-'));
const postgres = await startPostgres();
assert.ok(postgres, 'the PostgreSQL server is not installed: apt-get install postgresql');
const sqlite = await openStorage({ url: join(folder, 'db') });
/** Of two processes: each counts on its own connections. */
const shared = [await openStorage({ url: postgres.url }), await openStorage({ url: postgres.url })];
after(async () => {
  await Promise.all([sqlite, ...shared].map((storage) => storage.close()));
  await postgres.stop();
  await rm(folder, { recursive: true });
});

let names = 0;
/** A subject and a clock of its own for each test. */
function benchOn(storages: readonly Storage[]) {
  let opened = 0;
  const clock = { now: Date.UTC(2026, 5, 1, 12) };
  const open = () => new QuotaCounter(storedDayBook(storages[(opened += 1) % storages.length] ?? sqlite), () => clock.now);
  const target = plainTarget({ name: `t${(names += 1)}` });
  const sessionOf = (name: string): Session => ({
    id: 's',
    subject: { kind: 'person', id: name, name, groups: [], issuer: 'test' },
    target,
    client: { address: '', userAgent: '', id: '' },
  });
  return { clock, open, sessionOf, ann: sessionOf('ann') };
}

const quota = (more: Omit<Quota, 'rule' | 'key'>, key = 'p/r'): Quota => ({ rule: 'r', key, ...more });
const passes = (outcome: Admission | Exhausted): outcome is Admission => !('reason' in outcome);
function admitted(outcome: Admission | Exhausted): Admission {
  assert.ok(passes(outcome), passes(outcome) ? '' : outcome.reason);
  return outcome;
}

for (const [database, storages] of [
  ['SQLite', [sqlite]],
  ['PostgreSQL', shared],
] as const) {
  const bench = () => benchOn(storages);

  test(`${database}: a rate lets so many through, says when to come back, and fills up again with time`, async () => {
    const { clock, open, ann, sessionOf } = bench();
    const counter = open();
    const limits = [[quota({ rate: { count: 2, perMs: 60_000 } })]];
    for (let call = 0; call < 2; call += 1) await admitted(await counter.admit(ann, limits)).end();
    const refused = await counter.admit(ann, limits);
    assert.ok(!passes(refused));
    assert.equal(refused.retryAfterMs, 30_000);
    assert.equal(refused.reason, 'the limit of the rule r is reached: 2 commands in a minute; the same call may work in 30 s');
    assert.ok(passes(await counter.admit(sessionOf('bob'), limits)), 'another subject has its own');
    clock.now += 30_000;
    assert.ok(passes(await counter.admit(ann, limits)));
    assert.ok(!passes(await counter.admit(ann, limits)));
  });

  test(`${database}: so many commands are under way at once, and the end of one makes room`, async () => {
    const { open, ann } = bench();
    const counter = open();
    const limits = [[quota({ concurrent: 1 })]];
    const first = admitted(await counter.admit(ann, limits));
    assert.ok(!passes(await counter.admit(ann, limits)));
    await first.end();
    assert.ok(passes(await counter.admit(ann, limits)));
  });

  test(`${database}: a day's calls are counted over restarts, and a new day has its own`, async () => {
    const { clock, open, ann } = bench();
    const limits = [[quota({ callsPerDay: 2 })]];
    await admitted(await open().admit(ann, limits)).end();
    await admitted(await open().admit(ann, limits)).end();
    const refused = await open().admit(ann, limits);
    assert.ok(!passes(refused));
    assert.match(refused.reason, /2 commands a day/);
    assert.equal(refused.retryAfterMs, 12 * 3_600_000);
    clock.now += 12 * 3_600_000;
    assert.ok(passes(await open().admit(ann, limits)));
  });

  test(`${database}: two processes never give the last call of a day twice`, async () => {
    const { open, ann } = bench();
    const limits = [[quota({ callsPerDay: 5 })]];
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => open().admit(ann, limits)));
    assert.equal(outcomes.filter(passes).length, 5);
  });

  test(`${database}: what is counted for the person behind an agent is the person's, whichever agent takes it`, async () => {
    const { open, ann, sessionOf } = bench();
    const counter = open();
    const behind = quota({ callsPerDay: 2 });
    const asAgent = { ...behind, subject: subjectKey(ann.subject) };
    admitted(await counter.admit(sessionOf('helper'), [[asAgent]]));
    admitted(await counter.admit(sessionOf('writer'), [[asAgent]]));
    assert.ok(!passes(await counter.admit(ann, [[behind]])));
    admitted(await counter.admit(sessionOf('helper'), [[behind]]));
  });

  test(`${database}: a day's bytes: the command that uses them up ends well, the next is refused`, async () => {
    const { open, ann } = bench();
    const counter = open();
    const limits = [[quota({ bytesPerDay: 1000 })]];
    const big = admitted(await counter.admit(ann, limits));
    big.spend(600);
    big.spend(600);
    await big.end();
    assert.ok(!passes(await counter.admit(ann, limits)));
  });

  test(`${database}: a reply message beyond its size is an error, one within is none`, async () => {
    const { open, ann } = bench();
    const admission = admitted(await open().admit(ann, [[quota({ replyBytes: 100 })]]));
    admission.spend(100);
    assert.throws(() => admission.spend(101), { code: 'limit_exceeded', message: /larger than the 100 bytes that r allows/ });
  });

  test(`${database}: every group has to admit, in a group one suffices, and what is refused takes nothing`, async () => {
    const { open, ann } = bench();
    const counter = open();
    const wide = quota({ rate: { count: 3, perMs: 60_000 } }, 'wide');
    const none = quota({ concurrent: 1 }, 'busy');
    const busy = admitted(await counter.admit(ann, [[none]]));
    for (let call = 0; call < 10; call += 1) assert.ok(!passes(await counter.admit(ann, [[wide], [none]])));
    await busy.end();
    assert.ok(passes(await counter.admit(ann, [[wide], [none]])), 'the refusals took nothing of the rate');
    const narrow = quota({ callsPerDay: 1 }, 'narrow');
    assert.ok(passes(await counter.admit(ann, [[narrow, wide]])));
    assert.ok(passes(await counter.admit(ann, [[narrow, wide]])));
    assert.ok(passes(await counter.admit(ann, [[narrow, wide]])));
    assert.ok(!passes(await counter.admit(ann, [[narrow, wide]])));
  });
}
