import type { OAuthSchema } from './schema-oauth.ts';
import type { ProvisioningSchema } from './schema-provisioning.ts';

/** The tables of `migrations/`, as kysely sees them. Times are epoch milliseconds unless the column says `time` or `_at TEXT`. */
export interface Schema extends OAuthSchema, ProvisioningSchema {
  migrations: { name: string; sha256: string; applied_at: number };
  approvals: ApprovalRow;
  approval_answers: AnswerRow;
  owners: { owner: string; alive_until: number };
  events: EventRow;
  sessions: SessionRow;
  event_search: { id: string; session: string | null };
  erased_sessions: { session: string; erased_at: number };
  sink_positions: { sink: string; writer: string; next_leaf: number };
  accounts: AccountRow;
  sign_ins: SignInRow;
  subjects: SubjectRow;
  passkeys: PasskeyRow;
  change_counters: { name: 'directory' | 'revocations'; value: number };
  revocations: { id: string; ended_at: number; change: number };
  spent: { id: string; spent_at: number };
  locks: LockRow;
  access_reviews: AccessReviewRow;
  tool_pins: ToolPinRow;
  uses: { use_key: string; used_at: number };
  holds: HoldRow;
  erasures: { session: string; reason: string; erased_by: string; erased_at: number };
  erased_leaves: { writer: string; leaf_index: number; hash: string; session: string | null };
  checkpoints: { writer: string; size: number; note: string };
  spending: { quota_key: string; day: string; calls: number; bytes: number };
  outbox: OutboxRow;
  alert_counts: { alert: string; group_key: string; bucket: number; count: number };
  alert_states: { alert: string; group_key: string; raised_at: number; raised: number };
  looked_through: { name: string; until_at: number };
  secrets: SecretRow;
  connections: ConnectionRow;
  connect_flows: { state_hash: string; browser_hash: string; person_key: string; target: string; sealed: string; key_id: string; expires_at: number };
  oauth_registrations: { issuer: string; redirect_uri: string; sealed: string; key_id: string; registered_at: number };
  database_logins: DatabaseLoginRow;
  pinned_targets: { target: string; first_at: number; ended_at: number | null };
  used_assertions: { id: string; forget_at: number };
}

export interface DatabaseLoginRow {
  name: string;
  subject: string;
  client_id: string;
  target: string;
  through: string;
  salt: string;
  iterations: number;
  stored_key: string;
  server_key: string;
  created_at: number;
  expires_at: number;
}

export interface ApprovalRow {
  id: string;
  approval_key: string;
  status: string;
  session: string;
  subject: string;
  principal_key: string;
  target: string;
  command: string;
  shown: string;
  digest: string;
  decision: string;
  created_at: number;
  expires_at: number;
  changed_at: number;
  intent: string | null;
  owner: string | null;
  result: string | null;
  time_window: string | null;
}

export interface AnswerRow {
  approval_id: string;
  principal_key: string;
  approver: string;
  answer: string;
  reason: string;
  answered_at: number;
}

export interface SecretRow {
  name: string;
  sealed: string;
  key_id: string;
  version: string;
  set_by: string;
  set_by_key: string;
  set_at: number;
}

export interface ConnectionRow {
  id: string;
  person_key: string;
  person: string;
  target: string;
  address: string;
  issuer: string;
  status: string;
  sealed: string;
  key_id: string;
  version: number;
  lease_owner: string | null;
  lease_until: number;
  connected_at: number;
  changed_at: number;
}

export interface LockRow {
  kind: string;
  name: string;
  reason: string;
  locked_by: string;
  locked_at: number;
}

export interface HoldRow {
  kind: string;
  name: string;
  reason: string;
  placed_by: string;
  placed_at: number;
}

export interface AccessReviewRow {
  approval_id: string;
  target: string;
  reviewers: string;
  opened_at: number;
  closed_at: number | null;
  closed_by: string | null;
  finding: string | null;
}

export interface EventRow {
  id: string;
  writer: string;
  leaf_index: number;
  time: string;
  kind: string;
  session: string | null;
  subject: string | null;
  target: string | null;
  command: string | null;
  effect: string | null;
  rule: string | null;
  approval: string | null;
  intent: string | null;
  leaf: string;
}

export interface SessionRow {
  id: string;
  opened_at: string;
  last_at: string;
  closed_at: string | null;
  subject: string;
  subject_kind: string;
  subject_key: string;
  target: string;
  client: string;
  commands: number;
  refused: number;
  masked: number;
}

export interface AccountRow {
  name: string;
  kind: string;
  member_of: string;
  password_hash: string;
  created_at: number;
  failures: number;
  locked_until: number;
}

export interface SignInRow {
  secret_hash: string;
  issuer: string;
  kind: string;
  subject: string;
  csrf: string;
  created_at: number;
  expires_at: number;
  provider_session: string | null;
}

export interface PasskeyRow {
  id: string;
  account: string;
  public_key: string;
  counter: number;
  transports: string;
  label: string;
  created_at: number;
  used_at: number | null;
}

export interface SubjectRow {
  issuer: string;
  kind: string;
  id: string;
  name: string;
  member_of: string;
  kept_by: 'claims' | 'scim';
  status: 'active' | 'inactive' | 'removed';
  changed_at: number;
  ended_at: number;
  signed_in_at: number | null;
  change: number;
}

export interface OutboxRow {
  id: string;
  thread: string;
  channel: string;
  address: string;
  payload: string;
  created_at: number;
  tries: number;
  next_at: number;
  held_until: number;
  outcome: 'sent' | 'dropped' | 'given-up' | null;
  ended_at: number | null;
  receipt: string | null;
}

export interface ToolPinRow {
  target: string;
  name: string;
  hash: string;
  definition: string;
  status: string;
  seen_at: number;
  findings: string;
  latest_at: number;
  decided_by: string | null;
  decided_at: number | null;
}
