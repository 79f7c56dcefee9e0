-- Immutable once released. The same types as in 001.

-- Who a provider said came in, until the browser that asked comes for it.
CREATE TABLE saml_answers (
  -- SHA-256 of the attempt's state.
  state_hash TEXT PRIMARY KEY,
  provider TEXT NOT NULL,
  -- The profile, as JSON.
  profile TEXT NOT NULL,
  until_at BIGINT NOT NULL
);
CREATE INDEX saml_answers_by_end ON saml_answers (until_at);

-- What SCIM clients keep here. Who somebody is and whether they count is in `subjects`, changed in the same transaction.
CREATE TABLE scim_users (
  id TEXT PRIMARY KEY,
  issuer TEXT NOT NULL,
  -- What the provider sends as the id of this person when they sign in.
  subject TEXT NOT NULL,
  user_name TEXT NOT NULL,
  user_name_folded TEXT NOT NULL,
  external_id TEXT,
  active INTEGER NOT NULL,
  -- The rest of what the client wrote, as JSON.
  resource TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  version BIGINT NOT NULL
);
CREATE UNIQUE INDEX scim_users_by_name ON scim_users (issuer, user_name_folded);
CREATE UNIQUE INDEX scim_users_by_subject ON scim_users (issuer, subject);
CREATE UNIQUE INDEX scim_users_by_external_id ON scim_users (issuer, external_id);

CREATE TABLE scim_groups (
  id TEXT PRIMARY KEY,
  issuer TEXT NOT NULL,
  -- As policies name it.
  name TEXT NOT NULL,
  display_name TEXT NOT NULL,
  external_id TEXT,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  version BIGINT NOT NULL
);
CREATE UNIQUE INDEX scim_groups_by_name ON scim_groups (issuer, name);

CREATE TABLE scim_members (
  group_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  PRIMARY KEY (group_id, user_id)
);
CREATE INDEX scim_members_by_user ON scim_members (user_id);
