-- Immutable once released. The same types as in 001.

-- What a subject has used of a target on a day (UTC), for each limit that counts days.
CREATE TABLE spending (
  quota_key TEXT NOT NULL,
  day TEXT NOT NULL,
  calls BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  PRIMARY KEY (quota_key, day)
);
