/** The document `kind: Alert`, as it is written. As in `schema.ts`, the descriptions are the documentation. */
import { z } from 'zod';
import { approver, count, duration, labels, name, must, subject, text } from './schema-parts.ts';

/** What an alert may be about. */
export const ALERT_EVENTS = [
  'allowed',
  'denied',
  'failed',
  'rejected',
  'masked',
  'approval-requested',
  'approval-granted',
  'approval-denied',
  'approval-expired',
  'approval-withdrawn',
  'approval-indeterminate',
  'break-glass',
  'locked',
  'unlocked',
  'tool-quarantined',
  'policy-changed',
  'policy-refused',
  'sign-in-failed',
  'token-refused',
  'recording-viewed',
  'recording-exported',
  'session-reaped',
  'gap',
  'sink-lagging',
] as const;

export type AlertEvent = (typeof ALERT_EVENTS)[number];

const GROUPINGS = ['target', 'subject', 'address', 'rule', 'command', 'detector', 'sink'] as const;
export type AlertGrouping = (typeof GROUPINGS)[number];

const globs = z.array(text(512)).min(1).max(100);

export const alertSchema = z
  .strictObject({
    kind: z.literal('Alert'),
    name: name.describe('Names the alert.'),
    events: z
      .array(z.enum(ALERT_EVENTS))
      .min(1)
      .describe(`What it is about: ${ALERT_EVENTS.map((event) => `\`${event}\``).join(', ')}.`),
    targets: z
      .union([z.array(z.union([text(256), z.strictObject({ labels })])).min(1), z.strictObject({ labels })])
      .optional()
      .describe('Only on these: names, globs over names, or labels. Default: everywhere, also what is about no target.'),
    subjects: z.array(subject).min(1).optional().describe('Only of these.'),
    rules: globs.optional().describe('Only by these rules: globs over their names; `lock` is that of locks.'),
    commands: globs.optional().describe('Only these commands: globs, without regard to case.'),
    detectors: globs.optional().describe('For `masked`: only these detectors and places.'),
    threshold: count(1_000_000_000).default(1).describe('How often within the window; for `masked`, how many values.'),
    window: duration.default('5m').describe('Within what time. Told in twelfths of it.'),
    by: z.array(z.enum(GROUPINGS)).max(GROUPINGS.length).default(['target']).describe('What is counted apart: two targets, or two subjects, do not add up.'),
    coolDown: duration.default('15m').describe('How long the same (of one group) is not told again.'),
    severity: z.enum(['info', 'warning', 'critical']).default('warning').describe('How urgent it is, in words that everybody uses.'),
    lag: duration.default('5m').describe('For `sink-lagging`: how old the oldest record is that has not arrived.'),
    to: z.array(approver).max(100).default([]).describe('Who is told, by the names of `notify`; whoever gets everything (`"*"`, webhooks) is told anyway.'),
    message: text(500).optional().describe('What readers should do about it.'),
  })
  .refine((one) => !one.detectors || one.events.includes('masked'), {
    message: 'detectors without masked',
    ...must('add masked to events, or remove detectors'),
  })
  .describe('Tells people when something happens, or happens too often.');

export type AlertDocument = z.output<typeof alertSchema>;
