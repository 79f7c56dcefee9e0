-- Immutable once released. The same types as in 001.

-- Second factors of local accounts (WebAuthn).
CREATE TABLE passkeys (
  -- The credential's id and public key (COSE), base64url.
  id TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  public_key TEXT NOT NULL,
  -- How often it says that it was used; 0 where it does not count.
  counter BIGINT NOT NULL,
  -- How a browser may reach it, as JSON.
  transports TEXT NOT NULL,
  label TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE INDEX passkeys_by_account ON passkeys (account);
