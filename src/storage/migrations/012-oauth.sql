-- Immutable once released. The same types as in 001.

-- What the OAuth server keeps: clients that registered themselves, authorizations under way, codes, refresh tokens, grants, device codes.
CREATE TABLE oauth_records (
  model TEXT NOT NULL,
  -- SHA-256 of the id, hex: the id of a code or a token is its secret.
  id_hash TEXT NOT NULL,
  payload TEXT NOT NULL,
  grant_id TEXT,
  -- SHA-256 of what a person types in for a device, hex.
  user_code_hash TEXT,
  consumed_at BIGINT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (model, id_hash)
);
CREATE INDEX oauth_records_by_grant ON oauth_records (grant_id) WHERE grant_id IS NOT NULL;
CREATE INDEX oauth_records_by_user_code ON oauth_records (user_code_hash) WHERE user_code_hash IS NOT NULL;
CREATE INDEX oauth_records_by_end ON oauth_records (expires_at);

-- Which client a person let reach which target, and where its codes may go.
CREATE TABLE oauth_consents (
  subject_key TEXT NOT NULL,
  client_id TEXT NOT NULL,
  redirect_uri TEXT NOT NULL,
  target TEXT NOT NULL,
  scope TEXT NOT NULL,
  given_at BIGINT NOT NULL,
  PRIMARY KEY (subject_key, client_id, redirect_uri, target)
);
