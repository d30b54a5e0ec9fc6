-- The control plane: which organisations there are, and who may speak for them.
CREATE TABLE host_tenants (
  name       TEXT PRIMARY KEY,
  created_at BIGINT NOT NULL
);

CREATE TABLE host_tokens (
  hash       TEXT PRIMARY KEY,
  tenant     TEXT REFERENCES host_tenants (name),
  role       TEXT NOT NULL,
  label      TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  revoked_at BIGINT
);

-- A browser's sign-in; `hash` is of the cookie, as `host_tokens.hash` is of the token that opened it.
CREATE TABLE host_sessions (
  hash       TEXT PRIMARY KEY,
  token_hash TEXT NOT NULL REFERENCES host_tokens (hash),
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
