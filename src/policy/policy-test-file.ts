/** Tests of a policy as they are written: `*.test.yaml` beside the resources. */
import { z } from 'zod';
import { HISTORY_FACTORS } from '../core/history.ts';
import type { JsonValue } from '../core/json.ts';
import { readDocuments } from './document.ts';
import { ResourcesError, type Place, type Problem } from './problem.ts';
import type { ResourceText } from './resource-files.ts';
import { issueProblems } from './shape.ts';
import { SUBJECT_PATTERN } from './supposed.ts';

const text = (max: number) => z.string().min(1).max(max);
const subject = text(340).regex(SUBJECT_PATTERN, 'write person:NAME, workload:NAME or ai-agent:NAME');
const groups = z.array(text(320)).max(100).default([]);
const effect = z.enum(['allow', 'review', 'deny']);

const expectation = z.union([
  effect,
  z
    .strictObject({
      effect: effect.optional(),
      rule: text(512).optional().describe('The name that the answer gives, or one of several that it joins.'),
      reason: text(500).optional().describe('A part of the reason.'),
      risk: z.union([z.int().min(0).max(100), z.strictObject({ min: z.int().optional(), max: z.int().optional() })]).optional(),
      masks: z.array(text(512)).optional().describe('All detectors, places and named kinds of values that are masked.'),
      approvers: z.array(text(256)).optional().describe('Everybody whose approval is asked for.'),
    })
    .refine((one) => Object.values(one).some((part) => part !== undefined), 'an expectation of nothing'),
]);

export const caseSchema = z.strictObject({
  name: text(200).optional(),
  subject,
  groups,
  actsFor: z.strictObject({ subject, groups }).optional().describe('The person behind an AI agent.'),
  target: text(128).optional(),
  command: text(2048),
  args: z.custom<JsonValue>((value) => value !== undefined).default({}),
  tool: z
    .strictObject({ destructive: z.boolean().optional(), openWorld: z.boolean().optional() })
    .optional()
    .describe('What the tool says of itself; it may only raise risk.'),
  history: z
    .array(z.enum(HISTORY_FACTORS))
    .default([])
    .describe('What the past of the subject adds to the risk: the first time, an unusual rate, a session that was flagged.'),
  at: z.iso.datetime({ offset: true }).optional().describe('The time of the question.'),
  client: z.strictObject({ address: text(64).optional(), userAgent: text(200).optional(), id: text(200).optional() }).optional(),
  expect: expectation,
});

const fileSchema = z.strictObject({
  kind: z.literal('PolicyTest').optional(),
  target: text(128).optional().describe('The target of cases that name none.'),
  cases: z.array(caseSchema).min(1).max(5000),
});

export interface PolicyCase extends z.output<typeof caseSchema> {
  readonly place?: Place;
}

/** Every case of the files, with its place. Throws ResourcesError with every problem found. */
export function parsePolicyTests(texts: readonly ResourceText[]): readonly PolicyCase[] {
  const problems: Problem[] = [];
  const cases = texts.flatMap(({ file, text: content }) => {
    const read = readDocuments(file, content);
    problems.push(...read.problems);
    return read.documents.flatMap((document) => {
      const parsed = fileSchema.safeParse(document.value);
      if (parsed.success) return parsed.data.cases.map((one, index) => ({ target: parsed.data.target, ...one, place: document.place(['cases', index]) }));
      problems.push(...issueProblems(document, parsed.error.issues));
      return [];
    });
  });
  if (problems.length > 0) throw new ResourcesError(problems);
  return cases;
}
