-- Immutable once released. The same types as in 001.

-- How often something happened that an alert is about, by group and piece of time.
CREATE TABLE alert_counts (
  alert TEXT NOT NULL,
  -- What is counted apart, as JSON.
  group_key TEXT NOT NULL,
  -- Epoch milliseconds at which the piece begins.
  bucket BIGINT NOT NULL,
  count BIGINT NOT NULL,
  PRIMARY KEY (alert, group_key, bucket)
);
CREATE INDEX alert_counts_by_time ON alert_counts (bucket);

-- When an alert was last raised: not again until it has cooled down.
CREATE TABLE alert_states (
  alert TEXT NOT NULL,
  group_key TEXT NOT NULL,
  raised_at BIGINT NOT NULL,
  raised BIGINT NOT NULL,
  PRIMARY KEY (alert, group_key)
);
