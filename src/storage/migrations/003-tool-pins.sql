-- Immutable once released. The same types as in 001.

-- What was found in a definition when it was first seen: JSON.
ALTER TABLE tool_pins ADD COLUMN findings TEXT NOT NULL DEFAULT '[]';
-- Last time that the server declared it so: of several definitions of one tool the latest is the one in use.
ALTER TABLE tool_pins ADD COLUMN latest_at BIGINT NOT NULL DEFAULT 0;
-- Who accepted or rejected it: JSON of a subject, as events have it.
ALTER TABLE tool_pins ADD COLUMN decided_by TEXT;
ALTER TABLE tool_pins ADD COLUMN decided_at BIGINT;

-- Targets whose first list was seen: what comes after `ended_at` is new.
CREATE TABLE pinned_targets (
  target TEXT PRIMARY KEY,
  first_at BIGINT NOT NULL,
  ended_at BIGINT
);
