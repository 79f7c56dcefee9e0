-- Immutable once released. The same types as in 001.

-- Names and passwords that open a database target for a while. Of the password only what recognises it is kept (SCRAM-SHA-256).
CREATE TABLE database_logins (
  name TEXT NOT NULL PRIMARY KEY,
  -- As it was when the login was made, as JSON.
  subject TEXT NOT NULL,
  client_id TEXT NOT NULL,
  target TEXT NOT NULL,
  -- Ids of what it was issued through, as a JSON list: it ends with each of them.
  through TEXT NOT NULL,
  salt TEXT NOT NULL,
  iterations INTEGER NOT NULL,
  stored_key TEXT NOT NULL,
  server_key TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX database_logins_by_expiry ON database_logins (expires_at);
