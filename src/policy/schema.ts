/**
 * The resource documents, as they are written. The descriptions here are the documentation: the reference page and the
 * JSON schema for editors are generated from them.
 */
import { z } from 'zod';
import { addressProblem, isDatabaseAddress } from './address.ts';
import { readRate } from './quota.ts';
import { readRetention } from './retention.ts';
import { isColumn } from './column.ts';
import { BY_HTTP, BY_LOGIN, credentialSchema } from './credential-schema.ts';
import { pathProblem } from './json-path.ts';
import { patternProblem } from './mask-pattern.ts';
import { approver, checkedText, count, duration, labels, must, name, pattern, ruleName, subject, text } from './schema-parts.ts';
import { checkWhen } from './when.ts';

const quota = {
  rate: z
    .string()
    .refine((value) => readRate(value) !== undefined, 'write a number and a time: `60/m`, `5/s`, `1000/h`')
    .optional()
    .describe('Commands in a time: `60/m`. Short bursts of as many are fine.'),
  perDay: z
    .strictObject({
      calls: count(1_000_000_000).optional().describe('Commands.'),
      bytes: count(Number.MAX_SAFE_INTEGER).optional().describe('Bytes of replies; what is under way when they are used up ends well.'),
    })
    .refine((one) => one.calls ?? one.bytes, { message: 'a day without a limit', ...must('add calls or bytes') })
    .optional()
    .describe('What one day (UTC) may hold, over all processes of a gateway and over restarts.'),
  concurrent: count(100_000).optional().describe('Commands under way at once.'),
};

const ruleLimits = z
  .strictObject({
    ...quota,
    replyBytes: count(1 << 30)
      .optional()
      .describe('Bytes of one reply message.'),
    rows: count(1_000_000_000).optional().describe('Rows of one result, of databases.'),
    runMs: count(86_400_000).optional().describe('Milliseconds that one statement runs, of databases.'),
  })
  .refine((one) => Object.values(one).some((part) => part !== undefined), {
    message: 'limits without a limit',
    ...must('add rate, perDay, concurrent, replyBytes, rows or runMs'),
  });

const limits = z.strictObject({
  ...quota,
  requestBytes: count(1 << 30)
    .optional()
    .describe('Bytes of one request. Default 4 MiB.'),
  replyBytes: count(1 << 30)
    .optional()
    .describe('Bytes of one reply message. Default 32 MiB.'),
  depth: count(10_000).optional().describe('Nesting of JSON. Default 256.'),
  replyMs: count(86_400_000).optional().describe('Milliseconds until the first byte of a reply. Default 300000.'),
});

const DATABASES = ['postgres', 'mysql'];

export const targetSchema = z
  .strictObject({
    kind: z.literal('Target'),
    name: name.describe('Names the target in policies and in its URL, `/mcp/<name>`.'),
    protocol: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,31}$/, 'lower-case letters, digits and `-`')
      .describe('`mcp` or `postgres`.'),
    address: checkedText(2048, addressProblem)
      .optional()
      .describe('URL of the target: http or https, or `postgres://host:port/database`. Either this or `command`.'),
    command: z.array(text(4096)).min(1).max(256).optional().describe('Program and arguments of a stdio server; never passed through a shell.'),
    credential: credentialSchema.optional().describe('How the target is opened; injected by the gateway, never shown to a caller.'),
    tls: z
      .strictObject({
        mode: z
          .enum(['verify-full', 'require', 'disable'])
          .default('verify-full')
          .describe('`verify-full` checks the certificate and its name, `require` only encrypts, `disable` does neither.'),
        ca: text(4096).optional().describe("Path of the authorities that are trusted, PEM. Default: the system's."),
      })
      .optional()
      .describe('How the line to a database is protected.'),
    sessionRoles: z
      .strictObject({ heir: text(63).describe('Role that what a session made belongs to afterwards.') })
      .optional()
      .describe(
        'PostgreSQL: a role is made for each session, with what the policy lets its caller do, and removed at its end. The credential needs CREATEROLE.',
      ),
    labels: labels.default({}).describe('Free labels. `env: prod` and `data: customer` raise risk.'),
    owners: z.array(approver).default([]).describe('Who owns the target: approves where a rule names nobody, and sees its sessions.'),
    audit: z.enum(['strict', 'relaxed']).default('strict').describe('`strict` awaits the record of a reply before it is released.'),
    record: z
      .strictObject({
        rows: count(10_000).describe('How many at most of what one statement gives its caller: masked as they were for it. The rest is counted.'),
      })
      .optional()
      .describe('PostgreSQL: what the record of a statement has besides its parameters and counts. Default: nothing.'),
    masking: z.enum(['enforce', 'observe']).default('enforce').describe('`observe` releases a reply whose masking failed, and records that.'),
    pin: z
      .enum(['trust-first', 'review'])
      .default('trust-first')
      .describe('`trust-first` pins the tools of the first list as they are, but for suspicious ones; with `review` an owner accepts each.'),
    quarantine: z
      .enum(['deny', 'review'])
      .default('deny')
      .describe('What becomes of tools that are new or changed until an owner accepts them: hidden and denied, or each call held for the owners.'),
    extraArguments: z
      .enum(['refuse', 'allow'])
      .default('allow')
      .describe("Arguments that a tool's schema does not declare: `allow` where the schema leaves it open, `refuse` always."),
    leadingDash: z.enum(['refuse', 'allow']).default('refuse').describe('Strings that begin with `-` where the schema names no pattern.'),
    placeholders: z
      .enum(['refuse', 'allow'])
      .default('refuse')
      .describe('A tool call that sends back what a mask wrote (`[redacted:...]`, `[hash:...]`, `****`) would overwrite the data behind it.'),
    readOnlyTools: z
      .array(text(256))
      .max(1000)
      .default([])
      .describe('Globs over names of tools that only read, by your word: their risk is that of reading, and placeholders may be sent to them.'),
    retention: z
      .string()
      .refine((value) => readRetention(value) !== undefined, 'write days or years: `90d`, `7y`')
      .optional()
      .describe('How long what is recorded of it is kept: `90d`, `7y`. Default: `audit.retention` of the configuration.'),
    limits: limits.default({}).describe('Sizes and times, and how much one subject may have.'),
  })
  .refine((one) => (one.address === undefined) !== (one.command === undefined), {
    message: 'a target has either an address or a command',
    ...must('write one of the two'),
  })
  .refine((one) => one.protocol !== 'postgres' || isDatabaseAddress(one.address ?? ''), {
    message: 'a postgres target has the address of a database server',
    path: ['address'],
    ...must('write postgres://host:port/database, without user, password or options'),
  })
  .refine((one) => one.protocol === 'postgres' || !(one.address ?? '').startsWith('postgres'), {
    message: 'this protocol is not spoken with a database server',
    path: ['address'],
    ...must('use protocol: postgres'),
  })
  .refine((one) => one.address === undefined || !one.credential?.env, {
    message: 'env credentials are for stdio servers',
    path: ['credential'],
    ...must('use bearer, header or basic'),
  })
  .refine((one) => one.tls === undefined || DATABASES.includes(one.protocol), {
    message: 'tls is for databases: of an http address the scheme says it',
    path: ['tls'],
    ...must('leave it out'),
  })
  .refine((one) => one.sessionRoles === undefined || one.protocol === 'postgres', {
    message: 'sessionRoles is for PostgreSQL',
    path: ['sessionRoles'],
    ...must('leave it out'),
  })
  .refine((one) => one.record === undefined || one.protocol === 'postgres', {
    message: 'record is for PostgreSQL: of other targets whole replies are recorded',
    path: ['record'],
    ...must('leave it out'),
  })
  .refine((one) => one.protocol !== 'mcp' || one.address === undefined || isOneOf(one.credential, [...BY_HTTP, 'env']), {
    message: 'credentials of this kind are not for MCP servers with an address',
    path: ['credential'],
    ...must(`use one of ${BY_HTTP.join(', ')}`),
  })
  .refine((one) => !DATABASES.includes(one.protocol) || isOneOf(one.credential, BY_LOGIN), {
    message: 'a database takes a user',
    path: ['credential'],
    ...must(`use one of ${BY_LOGIN.join(', ')}`),
  })
  .refine((one) => one.command === undefined || isOneOf(one.credential, ['env']), {
    message: 'a stdio server takes its credential from its environment',
    path: ['credential'],
    ...must('use env: { NAME: { env: NAME } }'),
  })
  .describe('What is reached: one MCP server.');

const approval = z.strictObject({
  from: z.array(approver).min(1).optional().describe("Who may approve. Default: the target's owners."),
  quorum: count(100).default(1).describe('How many distinct persons must approve.'),
  pending: duration.default('30m').describe('How long an unanswered request lives.'),
  usable: duration.default('15m').describe('How long an approved command may wait to run.'),
  reason: z.enum(['required', 'optional']).default('optional').describe('Whether an answer needs a reason.'),
});

const patterns = z.array(pattern).min(1);

/** Expressions may run over several lines. */
const expression = z
  .string()
  .min(1)
  .max(2000)
  .superRefine((value, context) => {
    const wrong = checkWhen(value);
    if (wrong) context.addIssue({ code: 'custom', message: wrong.message, params: { fix: wrong.fix } });
  });

const rule = z
  .strictObject({
    name: ruleName.describe('The answer to a caller names the rule.'),
    subjects: z.array(subject).min(1).optional().describe('Whom the rule is about. Default: everybody.'),
    allow: patterns.optional().describe('Globs over the command that are let through. Matched exactly.'),
    review: patterns.optional().describe('Globs over the command that a person has to approve. Matched without regard to case.'),
    deny: patterns.optional().describe('Globs over the command that are refused, whatever else allows them. Matched without regard to case.'),
    when: expression.optional().describe('A CEL expression over subject, target, command, args, risk, time, client.'),
    limits: ruleLimits
      .optional()
      .describe('How much of it one subject may have of one target. Several rules that allow the same give the most generous of theirs.'),
    approval: approval.optional().describe('Whose approval `review` asks for.'),
    message: text(500).optional().describe('What a refused caller reads.'),
  })
  .refine((one) => one.allow ?? one.review ?? one.deny, { message: 'a rule without effect', ...must('add allow, review or deny') })
  .refine((one) => !one.limits || one.allow || one.review, {
    message: 'limits of a rule that lets nothing through',
    ...must('add allow or review, or remove limits'),
  })
  .refine((one) => !one.approval || one.review, { message: 'approval without review', ...must('add review, or remove approval') });

const kindName = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'lower-case letters, digits and `-`, beginning with a letter');

const maskPattern = z
  .strictObject({
    name: kindName.describe('What a value of it is called: `[redacted:badge]`.'),
    regex: z.string().min(1).max(1000).describe('A regular expression of RE2: it takes linear time on any text. A value is at most 512 characters long.'),
    context: z.array(text(64)).min(1).max(50).optional().describe('Words near the value, or in its key, that add 0.4 to its score.'),
    score: z.number().min(0).max(1).optional().describe('What a value scores by itself; 0.5 is needed. Default 0.8, with context 0.3.'),
  })
  .superRefine((one, context) => {
    const wrong = patternProblem(one);
    if (wrong) context.addIssue({ code: 'custom', path: [wrong.member], message: wrong.message, params: { fix: wrong.fix } });
  });

const maskWords = z.strictObject({
  name: kindName.describe('What a word of it is called: `[redacted:project]`.'),
  list: z
    .array(text(128).regex(/[\p{L}\p{N}]/u, 'a word has letters or digits'))
    .min(1)
    .max(5000)
    .describe('Words and phrases, found whole and in any case.'),
});

const mask = z
  .strictObject({
    fields: z
      .array(checkedText(512, pathProblem))
      .min(1)
      .max(200)
      .optional()
      .describe('By place: JSON paths such as `$..password`, in arguments, results and JSON inside texts.'),
    columns: z
      .array(text(200).refine(isColumn, 'write `table.column` or `schema.table.column`'))
      .min(1)
      .max(500)
      .optional()
      .describe('By place in databases: columns such as `public.people.ssn`.'),
    predicates: z
      .enum(['refuse', 'allow'])
      .optional()
      .describe('Whether masked columns may be used in conditions, groups and order. Default `refuse`: answers tell of their values, one question at a time.'),
    headers: z
      .array(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/, 'the name of an HTTP header'))
      .min(1)
      .max(50)
      .optional()
      .describe('By place where replies have headers: their names, in any case. MCP has none that reach the caller.'),
    detect: z
      .array(z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'the name of a detector'))
      .min(1)
      .optional()
      .describe('By value: names of detectors.'),
    pattern: maskPattern.optional().describe('By value: a regular expression of your own.'),
    words: maskWords.optional().describe('By value: words of your own.'),
    with: z.enum(['redact', 'partial', 'hash', 'null', 'fake']).default('redact').describe('What replaces the value.'),
    reveal: z.array(subject).min(1).optional().describe('Who sees the original.'),
  })
  .refine((one) => !one.predicates || one.columns, { message: 'predicates without columns', ...must('add columns, or remove predicates') })
  .refine((one) => one.fields ?? one.columns ?? one.headers ?? one.detect ?? one.pattern ?? one.words, {
    message: 'a mask that masks nothing',
    ...must('add fields, detect, pattern, words, columns or headers'),
  });

const targetSelector = z.union([text(256), z.strictObject({ labels })]);

export const policySchema = z
  .strictObject({
    kind: z.literal('Policy'),
    name: name.describe('Names the policy.'),
    targets: z.union([z.array(targetSelector).min(1), z.strictObject({ labels })]).describe('Names, globs over names, or `labels: { env: prod }`.'),
    rules: z.array(rule).default([]).describe('deny beats review beats allow; what no rule names is denied.'),
    masks: z.array(mask).max(100).default([]).describe('What is masked in replies and in the record.'),
    risk: z
      .strictObject({ weights: z.record(z.string(), z.int().min(0).max(100)).default({}) })
      .optional()
      .describe('Weights of risk factors for these targets; unnamed ones keep their defaults.'),
    breakGlass: z
      .strictObject({
        by: z.array(subject).min(1).describe('Named responders: they open access at once, with a reason. It stands in for approvals, never for a deny.'),
        review: z.array(approver).min(1).describe('Who looks at it afterwards, and closes it.'),
        longest: duration.default('1h').describe('How long such access lasts at most.'),
      })
      .optional()
      .describe('Access in an emergency: told to the owners at once, and open until it was reviewed.'),
  })
  .describe('Who may do what on which targets.');

export type TargetDocument = z.output<typeof targetSchema>;
export type PolicyDocument = z.output<typeof policySchema>;
export type RuleDocument = PolicyDocument['rules'][number];
export type MaskDocument = PolicyDocument['masks'][number];

function isOneOf(credential: Readonly<Record<string, unknown>> | undefined, kinds: readonly string[]): boolean {
  return credential === undefined || kinds.some((kind) => credential[kind] !== undefined);
}
