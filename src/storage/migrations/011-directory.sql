-- Immutable once released. The same types as in 001.

-- One row for each thing whose changes every process reads in their order. Whoever changes the thing raises the value in the
-- same transaction, which holds the row: so a change is never seen before an earlier one.
CREATE TABLE change_counters (
  name TEXT PRIMARY KEY,
  value BIGINT NOT NULL
);
INSERT INTO change_counters (name, value) VALUES ('directory', 0);
INSERT INTO change_counters (name, value) VALUES ('revocations', 0);

-- Every subject that is no local account. Who was removed stays as a row, or tokens that are still about would be believed.
CREATE TABLE subjects (
  issuer TEXT NOT NULL,
  -- person | workload | ai-agent
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  -- Names of groups, as JSON.
  member_of TEXT NOT NULL,
  -- claims | scim: who says the name and the groups.
  kept_by TEXT NOT NULL,
  -- active | inactive | removed
  status TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  -- Tokens of before count no more; 0 where nothing was ended.
  ended_at BIGINT NOT NULL,
  signed_in_at BIGINT,
  change BIGINT NOT NULL,
  PRIMARY KEY (issuer, kind, id)
);
CREATE INDEX subjects_by_change ON subjects (change);
CREATE INDEX subjects_by_name ON subjects (name);

-- Sign-ins and grants that were ended, by their ids, for as long as a token that was issued through one may live.
CREATE TABLE revocations (
  id TEXT PRIMARY KEY,
  ended_at BIGINT NOT NULL,
  change BIGINT NOT NULL
);
CREATE INDEX revocations_by_change ON revocations (change);

-- A sign-in is of a local account (issuer `local`) or of a subject of the directory.
ALTER TABLE sign_ins RENAME COLUMN account TO subject;
ALTER TABLE sign_ins ADD COLUMN issuer TEXT NOT NULL DEFAULT 'local';
ALTER TABLE sign_ins ADD COLUMN kind TEXT NOT NULL DEFAULT 'person';
-- What the provider calls this stay of the person, where it says so; it may end it.
ALTER TABLE sign_ins ADD COLUMN provider_session TEXT;
CREATE INDEX sign_ins_by_subject ON sign_ins (issuer, subject);
