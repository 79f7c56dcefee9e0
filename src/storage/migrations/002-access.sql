-- Immutable once released. The same types as in 001.

-- What may be used once: links in notices, signed requests of chat servers. SHA-256, hex.
CREATE TABLE spent (
  id TEXT PRIMARY KEY,
  spent_at BIGINT NOT NULL
);

-- What is locked now; lifting a lock deletes its row, the record keeps both.
CREATE TABLE locks (
  -- subject | target | session
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  reason TEXT NOT NULL,
  locked_by TEXT NOT NULL,
  locked_at BIGINT NOT NULL,
  PRIMARY KEY (kind, name)
);

-- An approval of all commands of a kind for some time, as JSON; null for an approval of one command.
ALTER TABLE approvals ADD COLUMN time_window TEXT;
CREATE INDEX approvals_by_principal ON approvals (principal_key, status);

-- Break-glass access that somebody has to look at afterwards.
CREATE TABLE access_reviews (
  approval_id TEXT PRIMARY KEY,
  target TEXT NOT NULL,
  -- Who may close it, as JSON: group:x, person:x.
  reviewers TEXT NOT NULL,
  opened_at BIGINT NOT NULL,
  closed_at BIGINT,
  closed_by TEXT,
  finding TEXT
);
CREATE INDEX access_reviews_open ON access_reviews (closed_at, opened_at);
