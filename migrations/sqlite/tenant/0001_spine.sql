-- One tenant's database. Times are epoch milliseconds, hashes lower-case hex. Names begin with host_, so that the views
-- below and the tenant's own tables have all other names to themselves.

-- Definitions: a publication is a set of files; a file's content is kept once.
CREATE TABLE host_publications (
  version INTEGER PRIMARY KEY,
  at      INTEGER NOT NULL,
  actor   TEXT NOT NULL,
  note    TEXT NOT NULL
) STRICT;
CREATE TABLE host_blobs (
  sha256  TEXT PRIMARY KEY,
  content BLOB NOT NULL
) STRICT;
CREATE TABLE host_publication_files (
  version INTEGER NOT NULL REFERENCES host_publications (version),
  path    TEXT NOT NULL,
  sha256  TEXT NOT NULL REFERENCES host_blobs (sha256),
  PRIMARY KEY (version, path)
) STRICT;
-- The tenant's own tables as they stand in this database.
CREATE TABLE host_own_tables (
  name       TEXT PRIMARY KEY,
  definition TEXT NOT NULL
) STRICT;

-- Rules: immutable versions, and the history of which one was active. No module: sha256 is NULL.
CREATE TABLE host_modules (
  sha256      TEXT PRIMARY KEY,
  name        TEXT NOT NULL,
  version     TEXT NOT NULL,
  manifest    TEXT NOT NULL,
  size        INTEGER NOT NULL,
  uploaded_at INTEGER NOT NULL,
  uploaded_by TEXT NOT NULL,
  content     BLOB NOT NULL
) STRICT;
CREATE TABLE host_activations (
  id     INTEGER PRIMARY KEY,
  at     INTEGER NOT NULL,
  actor  TEXT NOT NULL,
  sha256 TEXT REFERENCES host_modules (sha256),
  reason TEXT NOT NULL
) STRICT;

-- Conversations: where each contact stands, and every message with its reply.
CREATE TABLE host_conversation_contacts (
  conversation TEXT NOT NULL,
  sender_id    TEXT NOT NULL,
  guid         TEXT NOT NULL,
  channel      TEXT NOT NULL,
  account_id   TEXT,
  publication  INTEGER NOT NULL,
  page_no      INTEGER NOT NULL,
  page_offset  INTEGER NOT NULL,
  retries      INTEGER NOT NULL,
  status       TEXT NOT NULL,
  outcome      TEXT,
  -- values of the conversation, temporary tables, and the options as they were shown: JSON
  context      TEXT NOT NULL,
  temps        TEXT NOT NULL,
  shown        TEXT NOT NULL,
  started_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  deadline_at  INTEGER,
  expires_at   INTEGER,
  PRIMARY KEY (conversation, sender_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX host_conversation_contacts_deadline ON host_conversation_contacts (deadline_at) WHERE deadline_at IS NOT NULL;

CREATE TABLE host_conversation_responses (
  id           INTEGER PRIMARY KEY,
  conversation TEXT NOT NULL,
  sender_id    TEXT NOT NULL,
  message_id   TEXT,
  guid         TEXT NOT NULL,
  channel      TEXT NOT NULL,
  account_id   TEXT,
  page_no      INTEGER,
  raw_input    TEXT NOT NULL,
  user_input   TEXT,
  matched      TEXT,
  score        INTEGER,
  how          TEXT,
  route        TEXT,
  next_page    INTEGER,
  status       TEXT NOT NULL,
  reply        TEXT NOT NULL,
  at           INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX host_conversation_responses_message ON host_conversation_responses (conversation, sender_id, message_id)
  WHERE message_id IS NOT NULL;
CREATE INDEX host_conversation_responses_guid ON host_conversation_responses (guid);
CREATE INDEX host_conversation_responses_sender ON host_conversation_responses (sender_id, conversation, id);

CREATE TABLE host_opt_outs (
  sender_id TEXT PRIMARY KEY,
  channel   TEXT NOT NULL,
  word      TEXT NOT NULL,
  at        INTEGER NOT NULL
) STRICT;

-- The work queue of the dialer and the queue of workflow runs.
CREATE TABLE host_collections_queue (
  id             INTEGER PRIMARY KEY,
  guid           TEXT,
  client_id      TEXT,
  account_id     TEXT,
  contact_id     TEXT,
  phone          TEXT,
  queue          TEXT,
  status         TEXT NOT NULL DEFAULT 'pending',
  priority       TEXT NOT NULL DEFAULT 'NORMAL',
  callback_date  TEXT,
  mute_until     TEXT,
  daily_attempts INTEGER NOT NULL DEFAULT 2,
  retry_count    INTEGER NOT NULL DEFAULT 0,
  max_retries    INTEGER NOT NULL DEFAULT 3,
  retry_interval INTEGER NOT NULL DEFAULT 1,
  next_retry     INTEGER,
  last_contact   INTEGER,
  last_action    TEXT,
  page_reached   INTEGER,
  outcome        TEXT,
  removed_date   INTEGER,
  removed_reason TEXT,
  created_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX host_collections_queue_account ON host_collections_queue (account_id);

CREATE TABLE host_workflow_queue (
  id            INTEGER PRIMARY KEY,
  workflow_code TEXT NOT NULL,
  context       TEXT,
  payload       TEXT,
  status        TEXT NOT NULL,
  created_at    INTEGER NOT NULL
) STRICT;

-- Follow-up work that a later part of the host sends out, written in the event's transaction.
CREATE TABLE host_outbox (
  id         INTEGER PRIMARY KEY,
  kind       TEXT NOT NULL,
  payload    TEXT NOT NULL,
  status     TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- What was decided and what was done, each row carrying the hash of the one before it in its chain.
CREATE TABLE host_chain_heads (
  chain TEXT PRIMARY KEY,
  seq   INTEGER NOT NULL,
  hash  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE host_decisions (
  id           INTEGER PRIMARY KEY,
  chain        TEXT NOT NULL,
  seq          INTEGER NOT NULL,
  at           INTEGER NOT NULL,
  hook         TEXT NOT NULL,
  module       TEXT NOT NULL,
  conversation TEXT,
  sender_id    TEXT,
  guid         TEXT,
  page_no      INTEGER,
  input        TEXT NOT NULL,
  output       TEXT,
  outcome      TEXT NOT NULL,
  error        TEXT,
  log          TEXT NOT NULL,
  fuel         INTEGER NOT NULL,
  micros       INTEGER NOT NULL,
  engine       TEXT NOT NULL,
  previous     TEXT NOT NULL,
  hash         TEXT NOT NULL,
  UNIQUE (chain, seq)
) STRICT;
CREATE INDEX host_decisions_guid ON host_decisions (guid);
CREATE TABLE host_audit (
  id       INTEGER PRIMARY KEY,
  chain    TEXT NOT NULL,
  seq      INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  actor    TEXT NOT NULL,
  action   TEXT NOT NULL,
  subject  TEXT NOT NULL,
  detail   TEXT NOT NULL,
  previous TEXT NOT NULL,
  hash     TEXT NOT NULL,
  UNIQUE (chain, seq)
) STRICT;

-- What tenant SQL sees, with the names and natural types of its field.
CREATE VIEW collections_queue AS
SELECT id, guid, client_id, account_id, contact_id, phone, queue, status, priority, callback_date, mute_until,
       daily_attempts, retry_count, max_retries, retry_interval, fb_local(next_retry) AS next_retry,
       fb_local(last_contact) AS last_contact, last_action, page_reached, outcome,
       fb_local(removed_date) AS removed_date, removed_reason, fb_local(created_at) AS created_at
FROM host_collections_queue;

CREATE VIEW workflow_queue AS
SELECT id, workflow_code, context, payload, status, fb_local(created_at) AS created_at
FROM host_workflow_queue;
