import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { ApprovalOptions } from './approvals.ts';
import { withDesk, type TestDesk } from './desk-fixture.ts';

/** Each attack on a database of its own. What is alike on every database is proved by `conformance-*`; these show the way in and that it is closed. */
export function makeAttack(): (title: string, work: (desk: TestDesk) => Promise<void>, options?: Partial<ApprovalOptions>) => void {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-attacks-'));
  let databases = 0;
  after(() => rmSync(folder, { recursive: true, force: true }));
  const adapter = { name: 'SQLite', fresh: async () => `sqlite:${join(folder, `${(databases += 1)}.db`)}` };
  return (title, work, options) => void test(title, () => withDesk(adapter, work, options));
}
