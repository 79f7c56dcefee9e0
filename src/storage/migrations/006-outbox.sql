-- Immutable once released. The same types as in 001.

-- What people are to be told, until they were: one row for each message to each addressee.
CREATE TABLE outbox (
  -- The same for the same message, however often somebody asks for it; receivers tell a repeat by it.
  id TEXT PRIMARY KEY,
  -- Messages of one thread go one after the other.
  thread TEXT NOT NULL,
  channel TEXT NOT NULL,
  address TEXT NOT NULL,
  -- What it is about, as JSON; nothing of it is secret.
  payload TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  tries INTEGER NOT NULL,
  next_at BIGINT NOT NULL,
  -- A process that sends it holds it until then.
  held_until BIGINT NOT NULL,
  -- sent | dropped | given-up
  outcome TEXT,
  ended_at BIGINT,
  -- What the other side calls the message that it got.
  receipt TEXT
);
CREATE INDEX outbox_due ON outbox (ended_at, next_at);
CREATE INDEX outbox_threads ON outbox (thread, created_at);

-- How far something has looked through time; epoch milliseconds.
CREATE TABLE looked_through (
  name TEXT PRIMARY KEY,
  until_at BIGINT NOT NULL
);
