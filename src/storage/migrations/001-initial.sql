-- Immutable once released. Valid in SQLite and in PostgreSQL: TEXT, BIGINT (epoch milliseconds) and INTEGER only; JSON is TEXT.

CREATE TABLE approvals (
  id TEXT PRIMARY KEY,
  -- HMAC over everything that decides what would run; one live record for each.
  approval_key TEXT NOT NULL,
  status TEXT NOT NULL,
  session TEXT NOT NULL,
  subject TEXT NOT NULL,
  -- The person behind the request: may never answer it.
  principal_key TEXT NOT NULL,
  target TEXT NOT NULL,
  command TEXT NOT NULL,
  shown TEXT NOT NULL,
  digest TEXT NOT NULL,
  decision TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  -- When it ends unanswered or unused; once consumed, until when the result is kept.
  expires_at BIGINT NOT NULL,
  -- Last transition or answer.
  changed_at BIGINT NOT NULL,
  -- Id of the intent event, set by the one update that takes it from granted to executing.
  intent TEXT,
  -- Which process is executing it; recovery after a crash finds its own by this.
  owner TEXT,
  result TEXT
);
CREATE UNIQUE INDEX approvals_live ON approvals (approval_key) WHERE status IN ('pending', 'granted', 'executing');
CREATE INDEX approvals_by_key ON approvals (approval_key, created_at);
CREATE INDEX approvals_by_status ON approvals (status, expires_at);
CREATE INDEX approvals_by_change ON approvals (changed_at);

CREATE TABLE approval_answers (
  approval_id TEXT NOT NULL,
  principal_key TEXT NOT NULL,
  approver TEXT NOT NULL,
  answer TEXT NOT NULL,
  reason TEXT NOT NULL,
  answered_at BIGINT NOT NULL,
  PRIMARY KEY (approval_id, principal_key)
);

-- Which processes are alive: what a dead one was executing has an unknown outcome.
CREATE TABLE owners (
  owner TEXT PRIMARY KEY,
  alive_until BIGINT NOT NULL
);

-- The audit index: a copy of what the journal holds, fed from it, rebuilt from it.
CREATE TABLE events (
  id TEXT PRIMARY KEY,
  writer TEXT NOT NULL,
  leaf_index BIGINT NOT NULL,
  time TEXT NOT NULL,
  kind TEXT NOT NULL,
  session TEXT,
  subject TEXT,
  target TEXT,
  command TEXT,
  effect TEXT,
  rule TEXT,
  approval TEXT,
  intent TEXT,
  -- The leaf's bytes (RFC 8785 text of the stored record).
  leaf TEXT NOT NULL
);
CREATE UNIQUE INDEX events_by_leaf ON events (writer, leaf_index);
CREATE INDEX events_by_session ON events (session, id);
CREATE INDEX events_by_time ON events (time);

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  opened_at TEXT NOT NULL,
  last_at TEXT NOT NULL,
  closed_at TEXT,
  subject TEXT NOT NULL,
  subject_kind TEXT NOT NULL,
  -- Kind, issuer and id: two issuers may each have an `alice`.
  subject_key TEXT NOT NULL,
  target TEXT NOT NULL,
  client TEXT NOT NULL,
  commands INTEGER NOT NULL,
  refused INTEGER NOT NULL,
  masked INTEGER NOT NULL
);
CREATE INDEX sessions_by_last ON sessions (last_at);
CREATE INDEX sessions_by_subject ON sessions (subject_key, last_at);

CREATE TABLE sink_positions (
  sink TEXT NOT NULL,
  writer TEXT NOT NULL,
  next_leaf BIGINT NOT NULL,
  PRIMARY KEY (sink, writer)
);

CREATE TABLE accounts (
  name TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  member_of TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  failures INTEGER NOT NULL,
  locked_until BIGINT NOT NULL
);

CREATE TABLE sign_ins (
  -- SHA-256 of the cookie or token; the value itself is never stored.
  secret_hash TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  csrf TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);

CREATE TABLE tool_pins (
  target TEXT NOT NULL,
  name TEXT NOT NULL,
  hash TEXT NOT NULL,
  definition TEXT NOT NULL,
  -- accepted | quarantined | superseded
  status TEXT NOT NULL,
  seen_at BIGINT NOT NULL,
  PRIMARY KEY (target, name, hash)
);
