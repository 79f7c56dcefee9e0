-- Immutable once released. The same types as in 001.

-- What may not be erased or deleted, whatever its age.
CREATE TABLE holds (
  -- session | target
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  reason TEXT NOT NULL,
  placed_by TEXT NOT NULL,
  placed_at BIGINT NOT NULL,
  PRIMARY KEY (kind, name)
);

-- Sessions whose payloads were erased. Every gateway deletes their data keys from its own journal.
CREATE TABLE erasures (
  session TEXT PRIMARY KEY,
  reason TEXT NOT NULL,
  erased_by TEXT NOT NULL,
  erased_at BIGINT NOT NULL
);
CREATE INDEX erasures_by_time ON erasures (erased_at);
CREATE INDEX events_erasing ON events (time) WHERE kind = 'session.erased';

-- Of rows that left `events`: their leaf hashes (hex), so that the tree can still be rebuilt from the database.
CREATE TABLE erased_leaves (
  writer TEXT NOT NULL,
  leaf_index BIGINT NOT NULL,
  hash TEXT NOT NULL,
  -- Of the session that was erased; null where retention deleted the whole segment.
  session TEXT,
  PRIMARY KEY (writer, leaf_index)
);

-- Signed checkpoints of the logs that `events` is a copy of.
CREATE TABLE checkpoints (
  writer TEXT NOT NULL,
  size BIGINT NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (writer, size)
);

-- What a gateway that died left open.
CREATE INDEX sessions_open ON sessions (id) WHERE closed_at IS NULL;
