import { z } from 'zod';

/** What the gateway's API answers, as far as the command line reads it. Members that it does not know pass through `--json`. */

const subject = z.looseObject({ name: z.string(), kind: z.string(), groups: z.array(z.string()) });

export const signedIn = z.looseObject({ subject, token: z.string().min(1) });
export const me = z.looseObject({ subject, reads: z.string().optional() });
export const nothing = z.looseObject({});

export const targets = z.looseObject({ targets: z.array(z.looseObject({ name: z.string(), protocol: z.string(), url: z.string() })) });
export const token = z.looseObject({ token: z.string().min(1), expiresAt: z.string(), target: z.string(), url: z.string() });

export const secrets = z.looseObject({
  secrets: z.array(z.looseObject({ name: z.string(), setBy: z.string(), setAt: z.string(), targets: z.array(z.string()) })),
});
export const resealed = z.looseObject({ sealed: z.number(), key: z.string() });
export const connections = z.looseObject({
  connections: z.array(z.looseObject({ id: z.string(), person: z.string(), target: z.string(), issuer: z.string(), connectedAt: z.string() })),
});
export const rights = z.looseObject({ target: z.string(), script: z.string() });
export const databaseLogin = z.looseObject({
  target: z.string(),
  user: z.string().min(1),
  password: z.string().min(1),
  expiresAt: z.string(),
  host: z.string(),
  port: z.number(),
  tls: z.boolean(),
});
export type DatabaseLoginView = z.infer<typeof databaseLogin>;

export const approval = z.looseObject({
  id: z.string(),
  status: z.string(),
  subject,
  target: z.string(),
  command: z.string(),
  shown: z.string(),
  digest: z.string(),
  rule: z.string(),
  reason: z.string(),
  risk: z.looseObject({ score: z.number(), factors: z.array(z.looseObject({ name: z.string(), points: z.number() })) }),
  approvals: z.array(z.looseObject({ rule: z.string(), from: z.array(z.string()), quorum: z.number(), reason: z.string() })),
  answers: z.array(z.looseObject({ approver: z.string(), answer: z.string(), reason: z.string(), at: z.string() })),
  createdAt: z.string(),
  expiresAt: z.string(),
  mayAnswer: z.boolean(),
  mine: z.boolean(),
  window: z.looseObject({ pattern: z.string(), minutes: z.number(), constraint: z.string().optional() }).optional(),
});
export type ApprovalView = z.infer<typeof approval>;
export const approvals = z.looseObject({ approvals: z.array(approval) });

export const tool = z.looseObject({
  name: z.string(),
  status: z.string(),
  hash: z.string(),
  seenAt: z.string(),
  findings: z.array(z.looseObject({ kind: z.string(), path: z.string(), what: z.string() })),
  definition: z.unknown(),
  decided: z.looseObject({ by: z.string(), at: z.string() }).optional(),
  differences: z.array(z.looseObject({ path: z.string(), before: z.unknown().optional(), after: z.unknown().optional() })),
});
export type ToolView = z.infer<typeof tool>;

export const tools = z.looseObject({ target: z.string(), tools: z.array(tool) });

const session = z.looseObject({
  id: z.string(),
  openedAt: z.string(),
  lastAt: z.string(),
  closedAt: z.string().optional(),
  subject: z.string(),
  subjectKind: z.string(),
  target: z.string(),
  client: z.string(),
  commands: z.number(),
  refused: z.number(),
  masked: z.number(),
});
export type SessionView = z.infer<typeof session>;
export const sessions = z.looseObject({ sessions: z.array(session), next: z.string().optional() });

export const event = z.looseObject({
  id: z.string(),
  time: z.string(),
  kind: z.string(),
  session: z.string().optional(),
  subject: z.looseObject({ name: z.string(), kind: z.string() }).optional(),
  target: z.string().optional(),
  command: z.looseObject({ name: z.string() }).optional(),
  decision: z.looseObject({ effect: z.string(), rule: z.string(), reason: z.string() }).optional(),
  approval: z.string().optional(),
  outcome: z.looseObject({ status: z.string(), milliseconds: z.number().optional() }).optional(),
  masks: z.array(z.looseObject({ name: z.string(), count: z.number() })).optional(),
  note: z.string().optional(),
});
export type EventView = z.infer<typeof event>;

/** `searchedTo` is a time: there may be more behind it. */
export const searchPage = z.looseObject({ events: z.array(event), next: z.string().optional(), searchedTo: z.string().optional(), behind: z.boolean() });

/** Without `text` where the recording's key was erased. */
const body = z.looseObject({ name: z.string(), contentType: z.string(), text: z.string().optional() });
export type BodyView = z.infer<typeof body>;

export const recording = z.looseObject({ session, events: z.array(z.looseObject({ event, bodies: z.array(body) })) });
export type RecordingView = z.infer<typeof recording>;

export const verification = z.looseObject({
  ok: z.boolean(),
  writers: z.array(z.looseObject({ writer: z.string(), events: z.number(), covered: z.number() })),
});

const sink = z.looseObject({
  name: z.string(),
  kind: z.string(),
  state: z.string(),
  writers: z.array(z.looseObject({ position: z.number(), end: z.number() })),
  lagEvents: z.number(),
  lagSeconds: z.number(),
  rejected: z.number(),
  missed: z.number(),
  lastError: z.looseObject({ at: z.string(), message: z.string(), hint: z.string().optional() }).optional(),
});
export type SinkView = z.infer<typeof sink>;
export const sinks = z.looseObject({ sinks: z.array(sink) });

const lock = z.looseObject({ kind: z.string(), name: z.string(), reason: z.string(), by: z.string(), at: z.string() });
export const locks = z.looseObject({ locks: z.array(lock) });
export const holds = z.looseObject({ holds: z.array(lock) });

export const review = z.looseObject({
  id: z.string(),
  status: z.string(),
  subject,
  target: z.string(),
  command: z.string(),
  reason: z.string(),
  openedAt: z.string(),
});
export const reviews = z.looseObject({ reviews: z.array(review) });

export const alerts = z.looseObject({
  alerts: z.array(
    z.looseObject({
      name: z.string(),
      severity: z.string(),
      events: z.array(z.string()),
      threshold: z.number(),
      window: z.string(),
      raised: z.array(z.looseObject({ group: z.record(z.string(), z.string()), at: z.string(), times: z.number() })),
    }),
  ),
});
export const queued = z.looseObject({ queued: z.number() });

export const access = z.looseObject({
  grants: z.array(
    z.looseObject({
      policy: z.string(),
      rule: z.string(),
      who: z.string(),
      effect: z.string(),
      pattern: z.string(),
      uses: z.number(),
      lastAt: z.string().optional(),
      advice: z.string(),
    }),
  ),
});
