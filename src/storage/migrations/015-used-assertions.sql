-- Immutable once released. The same types as in 001.

-- Signed documents of others that count once: a digest of whose and which, and when it could not be used anyway.
CREATE TABLE used_assertions (
  id TEXT PRIMARY KEY,
  forget_at BIGINT NOT NULL
);
CREATE INDEX used_assertions_by_end ON used_assertions (forget_at);
