import { SECONDS, SIZES } from './metric.ts';
import type { Registry } from './registry.ts';

interface Commit {
  readonly events: number;
  readonly bytes: number;
  readonly diskMs: number;
  readonly waitedMs: number;
}

/** What the journal tells of its commits; its positions are read when somebody asks. */
export function journalMetrics(registry: Registry): { committed(commit: Commit): void; failed(events: number): void } {
  const waited = registry
    .histogram({ name: 'sallyport_journal_append_seconds', help: 'From an append until it is durable, for the first event of each commit.' }, SECONDS)
    .with();
  const disk = registry.histogram({ name: 'sallyport_journal_commit_seconds', help: 'Writing and syncing one commit.' }, SECONDS).with();
  const batch = registry.histogram({ name: 'sallyport_journal_batch_events', help: 'Events that shared a commit.' }, SIZES).with();
  const bytes = registry.counter({ name: 'sallyport_journal_written_bytes', help: 'Bytes of records written.' }).with();
  const refused = registry
    .counter({ name: 'sallyport_journal_refused_events', help: 'Events that could not be recorded; what they were about was refused.' })
    .with();
  const gaps = registry.counter({ name: 'sallyport_journal_failed_commits', help: 'Commits that failed: each leaves a gap, which the record names.' }).with();
  return {
    committed(commit) {
      waited.observe(commit.waitedMs / 1000);
      disk.observe(commit.diskMs / 1000);
      batch.observe(commit.events);
      bytes.add(commit.bytes);
    },
    failed(events) {
      gaps.add();
      refused.add(events);
    },
  };
}
