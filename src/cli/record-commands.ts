import type { CommandSpec } from './command.ts';
import { FIELD_OPTIONS, TIME_OPTIONS } from './event-filter.ts';
import { DATA, HELD, PUBLIC_KEY, SESSION, SESSIONS_ARE, WHY } from './option-specs.ts';

/** Commands about what was recorded: sessions, their life, and the proof that the record is whole. */
export const RECORD_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'sessions list',
    heading: 'the record',
    about: 'recorded sessions: your own, and those on targets that you own',
    options: {
      limit: { value: 'N', about: 'how many (default 50, at most 200)' },
      cursor: { value: 'CURSOR', about: 'go on where the last list ended' },
    },
    load: () => import('./commands/sessions-list.ts'),
  },
  {
    name: 'sessions show',
    about: "one session's commands and how each was decided",
    arguments: [SESSION],
    whereAbsent: SESSIONS_ARE,
    load: () => import('./commands/sessions-show.ts'),
  },
  {
    name: 'sessions replay',
    about: 'one session, with every masked request and reply, as it went',
    arguments: [SESSION],
    whereAbsent: SESSIONS_ARE,
    options: { speed: { value: 'N', about: 'how many times as fast: 1 (default in a terminal), 4, 0.5, instant (default elsewhere); a wait is cut to 3 s' } },
    examples: ['sallyport sessions replay 01KB2Q4CZ8W0X7T3M5N6P7R8S9 --speed 4'],
    load: () => import('./commands/sessions-replay.ts'),
  },
  {
    name: 'sessions erase',
    about: 'erase what a closed session said; that it was erased is recorded',
    arguments: [SESSION],
    options: { reason: WHY },
    load: () => import('./commands/sessions-erase.ts'),
  },
  {
    name: 'hold',
    about: 'legal hold: what is held is neither erased nor deleted, whatever its age',
    arguments: HELD,
    options: { reason: WHY },
    examples: ['sallyport hold target models --reason "case 2026-17"'],
    load: () => import('./commands/hold.ts'),
  },
  {
    name: 'release',
    about: 'lift a legal hold',
    arguments: HELD,
    options: { reason: WHY },
    load: () => import('./commands/release.ts'),
  },
  { name: 'holds list', about: 'legal holds on what you own', load: () => import('./commands/holds-list.ts') },
  {
    name: 'audit search',
    about: 'what was recorded of you and of targets that you own, the newest first',
    arguments: [{ name: 'TEXT', about: 'words, all of which are in the event or in what was said, masked: word, beginning* and -without', need: 'optional' }],
    options: {
      ...FIELD_OPTIONS,
      ...TIME_OPTIONS,
      limit: { value: 'N', about: 'how many (default 50, at most 200)' },
      cursor: { value: 'CURSOR', about: 'go on where the last page ended' },
    },
    examples: ["sallyport audit search 'churn* rollback' --decision deny --since 7d", 'sallyport audit search --kind approval --target models --json'],
    load: () => import('./commands/audit-search.ts'),
  },
  {
    name: 'audit tail',
    about: 'what is recorded, as it comes, until Ctrl-C; --json prints one event a line',
    options: { ...FIELD_OPTIONS, count: { value: 'N', about: 'end after so many' } },
    examples: ['sallyport audit tail --decision deny --json'],
    load: () => import('./commands/audit-tail.ts'),
  },
  {
    name: 'audit export',
    about: 'what was recorded, the oldest first, one event a line; exporting is recorded',
    options: {
      format: { value: 'FORMAT', about: 'jsonl (default), csv, or ocsf: API Activity for a SIEM' },
      ...FIELD_OPTIONS,
      ...TIME_OPTIONS,
      text: { value: 'TEXT', about: 'with these words, as `audit search` has them' },
      content: { about: 'with what was said, masked' },
      output: { value: 'FILE', about: 'to this file, which is there in full or not at all (default: standard output)' },
    },
    examples: ['sallyport audit export --format csv --since 2026-11-01 --until 2026-12-01 --output november.csv'],
    load: () => import('./commands/audit-export.ts'),
  },
  {
    name: 'audit verify',
    about: 'compare the record with what was signed; needs no gateway and no secret',
    options: {
      data: DATA,
      database: { value: 'URL', about: 'the copy in a database instead: sqlite:PATH or postgres://...' },
      bucket: { value: 'DIR', about: 'the copy in a bucket instead, downloaded into a folder by any S3 client; DIR is where the prefix of the sink leads' },
      key: PUBLIC_KEY,
      checkpoint: { value: 'FILE', about: 'signed checkpoints kept elsewhere: they find a rollback of the whole folder' },
    },
    examples: ['sallyport audit verify --data /var/lib/sallyport --key kept/checkpoint.pub --checkpoint kept/checkpoint'],
    load: () => import('./commands/audit-verify.ts'),
  },
  { name: 'audit sinks', about: 'where the record goes, how far each place has it, and what is wrong there', load: () => import('./commands/audit-sinks.ts') },
  {
    name: 'audit prove',
    about: 'prove that one event is in the record as it was signed, or check such a proof',
    arguments: [{ name: 'EVENT', about: 'the id of an event', need: 'optional' }],
    options: {
      data: DATA,
      check: { value: 'FILE', about: 'a proof to be checked, instead of an event' },
      key: PUBLIC_KEY,
    },
    examples: ['sallyport audit prove 01KANEVENT00000000000000000 > event.proof', 'sallyport audit prove --check event.proof --key kept/checkpoint.pub'],
    load: () => import('./commands/audit-prove.ts'),
  },
  {
    name: 'audit rotate-key',
    about: 'sign with a new key from here on; stop the gateway before',
    options: { data: DATA },
    load: () => import('./commands/audit-rotate-key.ts'),
  },
];
