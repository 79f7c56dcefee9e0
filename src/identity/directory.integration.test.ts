import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { makeDatabase } from '../../test/support/databases.ts';
import { startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { until } from '../../test/support/until.ts';
import type { Event } from '../core/event.ts';
import type { Subject } from '../core/subject.ts';
import { openStorage, type Storage } from '../storage/storage.ts';
import { openAccounts } from './accounts.ts';
import { openDirectory, type Directory, type DirectoryOptions } from './directory.ts';
import { openRevocations } from './revocations.ts';

const ann: Subject = { issuer: 'https://idp.example', kind: 'person', id: '00u1', name: 'ann@example.com', groups: ['admins', 'staff'] };
const bob: Subject = { ...ann, id: '00u2', name: 'bob@example.com', groups: ['staff'] };
const START = Date.parse('2026-11-21T12:00:00Z');
const HOUR = 3_600_000;

const folder = mkdtempSync(join(tmpdir(), 'sallyport-directory-'));
let postgres: TestPostgres | undefined;
let databases = 0;
before(async () => {
  postgres = await startPostgres();
  assert.ok(postgres, 'the PostgreSQL server is not installed: apt-get install postgresql');
});
after(async () => {
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const freshPostgres = (): Promise<string> => makeDatabase(postgres?.url ?? '', `directory_${(databases += 1)}`);

interface Site {
  readonly storage: Storage;
  readonly events: readonly Event[];
  /** Another process: with a memory of its own. */
  open(options?: Partial<DirectoryOptions>): Promise<Directory>;
  at(time: number): void;
  fail(): void;
}

async function withSite(url: string, work: (site: Site) => Promise<void>): Promise<void> {
  const storage = await openStorage({ url });
  const events: Event[] = [];
  const opened: Directory[] = [];
  let now = START;
  let failing = false;
  const recorder = {
    async append(event: Event) {
      if (failing) throw new Error('the disk is full');
      events.push(event);
    },
  };
  const open = async (options: Partial<DirectoryOptions> = {}): Promise<Directory> => {
    const directory = await openDirectory({ storage, recorder, now: () => now, pollMs: 10, ...options });
    opened.push(directory);
    return directory;
  };
  try {
    await work({ storage, events, open, at: (time) => void (now = time), fail: () => void (failing = true) });
  } finally {
    await Promise.all(opened.map((each) => each.close()));
    await storage.close();
  }
}

for (const [name, fresh] of [
  ['SQLite', async () => `sqlite:${join(folder, `${(databases += 1)}.db`)}`],
  ['PostgreSQL', freshPostgres],
] as const) {
  describe(name, () => {
    test('who comes in is known, as their provider says, and is recorded when that changed only', async () => {
      await withSite(await fresh(), async ({ events, open }) => {
        const directory = await open();
        assert.equal(await directory.find(ann), undefined);
        assert.deepEqual(await directory.signedIn(ann), ann);
        await directory.signedIn(ann);
        await directory.signedIn({ ...ann, groups: ['staff'] });
        assert.deepEqual((await directory.find(ann))?.groups, ['staff']);
        assert.deepEqual(await directory.named('ann@example.com'), [{ ...ann, groups: ['staff'] }]);
        assert.deepEqual(
          events.map(({ kind, subject, note }) => [kind, subject?.name, note]),
          [
            ['subject.changed', 'ann@example.com', 'first known, by its provider at sign-in'],
            ['subject.changed', 'ann@example.com', 'name or groups changed by its provider at sign-in'],
          ],
        );
        for (const other of [{ ...ann, issuer: 'https://other.example' }, { ...ann, kind: 'workload' as const }, bob])
          assert.equal(await directory.find(other), undefined);
      });
    });

    test('a token of a removed person ends here at once and in another process soon, and that of a colleague does not', async () => {
      await withSite(await fresh(), async ({ open }) => {
        const [one, two] = [await open(), await open()];
        for (const each of [ann, bob]) await one.signedIn(each);
        await until('the other process to know', async () => (two.standing(ann, START - 1) === ann ? true : undefined));
        const heard = Promise.withResolvers<void>();
        const agent: Subject = { ...bob, kind: 'ai-agent', id: 'helper', onBehalfOf: ann };
        await two.signedIn({ ...agent });
        const stop = two.onChange(() => (two.standing(ann, START) === 'ended' ? heard.resolve() : undefined));
        await one.remove(ann);
        assert.equal(one.standing(ann, START + 1), 'ended');
        await heard.promise;
        stop();
        assert.equal(two.standing(ann, START + 1), 'ended');
        assert.equal(two.standing(agent, START + 1), 'ended');
        assert.notEqual(two.standing(bob, START + 1), 'ended');
        assert.deepEqual([await two.find(ann), await two.current(ann), await two.current(agent)], [undefined, undefined, undefined]);
        assert.deepEqual(await two.current(bob), bob);
        assert.deepEqual(await two.named(ann.name), []);
        await assert.rejects(two.signedIn(ann), { code: 'forbidden' });
      });
    });

    test('groups of provisioning win over those of claims and of older and newer tokens; claims count as of when they were said', async () => {
      await withSite(await fresh(), async ({ open, at }) => {
        const directory = await open();
        await directory.signedIn(ann);
        at(START + HOUR);
        await directory.signedIn({ ...ann, groups: ['staff'] });
        const groups = (subject: Subject, issuedAt: number): readonly string[] | undefined => {
          const standing = directory.standing(subject, issuedAt);
          return standing === 'ended' ? undefined : standing.groups;
        };
        assert.deepEqual(groups(ann, START), ['staff']);
        assert.deepEqual(groups(ann, START + HOUR + 1), ['admins', 'staff']);
        await directory.put({ ...ann, groups: ['guests'] });
        assert.deepEqual([groups(ann, START), groups(ann, START + 2 * HOUR)], [['guests'], ['guests']]);
        assert.deepEqual((await directory.signedIn(ann)).groups, ['guests']);
        assert.deepEqual((await directory.current(ann))?.groups, ['guests']);
        assert.deepEqual(directory.standing(bob, START), bob);
        assert.deepEqual(await directory.current(bob), bob);
      });
    });

    test('who is active again comes in again, and what was issued before stays ended, after a restart too', async () => {
      await withSite(await fresh(), async ({ open, at }) => {
        const first = await open();
        await first.put(ann);
        await first.deactivate(ann);
        await assert.rejects(first.signedIn(ann), { code: 'forbidden' });
        at(START + 30 * 24 * HOUR);
        const second = await open();
        assert.equal(second.standing(ann, START + 29 * 24 * HOUR), 'ended');
        await second.put(ann);
        const third = await open();
        assert.equal(third.standing(ann, START), 'ended');
        assert.deepEqual(third.standing(ann, START + 30 * 24 * HOUR), ann);
        await third.put(bob, 'inactive');
        assert.equal(third.standing(bob, START), 'ended');
        await third.deactivate({ ...bob, id: 'nobody' });
        assert.equal(await third.find({ ...bob, id: 'nobody' }), undefined);
      });
    });

    test('many processes that write the same people at once lose nothing, and all of them end up knowing the same', async () => {
      await withSite(await fresh(), async ({ open }) => {
        const processes = await Promise.all([open(), open(), open()]);
        const people = Array.from({ length: 12 }, (_, n) => ({ ...ann, id: `u${n}` }));
        await Promise.all(processes.flatMap((each) => people.map((person) => each.put({ ...person, groups: [] }))));
        await Promise.all(people.map(async (person, n) => processes[n % 3]?.deactivate(person)));
        for (const each of processes)
          for (const person of people) await until(`${person.id} to be out`, () => (each.standing(person, START + 1) === 'ended' ? true : undefined));
      });
    });

    test('a change that cannot be recorded is none', async () => {
      await withSite(await fresh(), async ({ open, fail }) => {
        const directory = await open();
        await directory.put(ann);
        fail();
        await assert.rejects(directory.deactivate(ann));
        await assert.rejects(directory.signedIn(bob));
        assert.deepEqual([await directory.find(ann), await directory.find(bob)], [ann, undefined]);
        assert.deepEqual(directory.standing(ann, START + 1), ann);
      });
    });

    test('what cannot be read for longer than a token lives is believed no longer', async () => {
      await withSite(await fresh(), async ({ storage, open, at }) => {
        const directory = await open({ pollMs: 3_600_000 });
        const revocations = await openRevocations({ storage, now: () => START, pollMs: 3_600_000 });
        assert.deepEqual(directory.standing(ann, START), ann);
        at(START + 11 * 60_000);
        assert.throws(() => directory.standing(ann, START));
        await directory.signedIn(ann);
        assert.deepEqual(directory.standing(ann, START), ann);
        await revocations.close();
      });
    });

    test('who was deactivated and is back is not who something of before was granted to', async () => {
      await withSite(await fresh(), async ({ open, at }) => {
        const directory = await open();
        await directory.signedIn(ann);
        assert.ok(await directory.find(ann, START));
        at(START + 1000);
        await directory.deactivate(ann);
        await directory.put(ann);
        assert.deepEqual(
          [await directory.find(ann, START), (await directory.find(ann, START + 1000))?.id, (await directory.find(ann))?.id],
          [undefined, ann.id, ann.id],
        );
      });
    });

    test('a local account that is removed has left in every process, with its sign-ins', async () => {
      await withSite(await fresh(), async ({ storage }) => {
        const accounts = openAccounts(storage, { recorder: { append: () => Promise.resolve() }, now: () => START, cost: { N: 1024, r: 8, p: 1 } });
        const [one, two] = [await openRevocations({ storage, now: () => START, pollMs: 10 }), await openRevocations({ storage, now: () => START, pollMs: 10 })];
        const { subject } = await accounts.create({ name: 'lead', kind: 'person', groups: [] });
        assert.equal(two.hasLeft(subject, START), false);
        assert.ok(await accounts.remove('lead'));
        await until('the other processes to know', () => (one.hasLeft(subject, START) && two.hasLeft(subject, START) ? true : undefined));
        assert.equal(two.hasLeft(subject, START + 1), false);
        await Promise.all([one.close(), two.close()]);
      });
    });

    test('a sign-in that ended has ended in every process, and is forgotten when no token of it can be left', async () => {
      await withSite(await fresh(), async ({ storage }) => {
        let now = START;
        const open = () => openRevocations({ storage, now: () => now, pollMs: 10 });
        const [one, two] = [await open(), await open()];
        await one.end('sign-in-1', 'grant-1');
        assert.ok(one.hasEnded(['other', 'grant-1']) && !one.hasEnded(['other']) && !one.hasEnded([]));
        await until('the other process to know', () => (two.hasEnded(['sign-in-1']) ? true : undefined));
        const late = await open();
        assert.ok(late.hasEnded(['grant-1']));
        now += 25 * HOUR;
        await one.end('sign-in-2');
        assert.ok(!one.hasEnded(['sign-in-1']) && one.hasEnded(['sign-in-2']));
        assert.equal((await storage.db.selectFrom('revocations').selectAll().execute()).length, 1);
        await Promise.all([one.close(), two.close(), late.close()]);
      });
    });
  });
}
