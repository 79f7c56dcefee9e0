-- Secrets that are sealed with a key outside the database.

-- Values by name. A removed one leaves nothing behind.
CREATE TABLE secrets (
  name TEXT PRIMARY KEY,
  sealed TEXT NOT NULL,
  key_id TEXT NOT NULL,
  version TEXT NOT NULL,
  set_by TEXT NOT NULL,
  set_by_key TEXT NOT NULL,
  set_at BIGINT NOT NULL
);

-- Each person's own tokens at a target. What has ended stays for a while, without its tokens, so that other processes hear of it.
CREATE TABLE connections (
  id TEXT PRIMARY KEY,
  person_key TEXT NOT NULL,
  person TEXT NOT NULL,
  target TEXT NOT NULL,
  address TEXT NOT NULL,
  issuer TEXT NOT NULL,
  status TEXT NOT NULL,
  sealed TEXT NOT NULL,
  key_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  lease_owner TEXT,
  lease_until BIGINT NOT NULL,
  connected_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX connections_of ON connections (person_key, target);
CREATE INDEX connections_changed ON connections (changed_at);

-- Persons on their way to an authorization server and back.
CREATE TABLE connect_flows (
  state_hash TEXT PRIMARY KEY,
  browser_hash TEXT NOT NULL,
  person_key TEXT NOT NULL,
  target TEXT NOT NULL,
  sealed TEXT NOT NULL,
  key_id TEXT NOT NULL,
  expires_at BIGINT NOT NULL
);

-- The gateway as authorization servers registered it.
CREATE TABLE oauth_registrations (
  issuer TEXT NOT NULL,
  redirect_uri TEXT NOT NULL,
  sealed TEXT NOT NULL,
  key_id TEXT NOT NULL,
  registered_at BIGINT NOT NULL,
  PRIMARY KEY (issuer, redirect_uri)
);
