-- The SQLite store: one SQLite file. Answers are read from node, edge, change, row and actor;
-- the rest is bookkeeping (design §6, §7).

CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;

-- Texts that many records have in common: accounts, operations, addresses, agents, keys of targets.
CREATE TABLE IF NOT EXISTS text (id INTEGER PRIMARY KEY, value TEXT UNIQUE);

-- The row of each counted event, by 48 bits of its ID with its day: a repeated or late load touches only the pages of
-- its own days, however large the file is; who EVENT_ID probes one place a day. The event itself is in a chunk of its
-- row (lineage/stores/sqlite/events.py), up to 64 a row, from 64 times the number of the row.
CREATE TABLE IF NOT EXISTS ledger (key INTEGER PRIMARY KEY, row INTEGER);
CREATE TABLE IF NOT EXISTS ledger_more (hour INTEGER, id BLOB, row INTEGER, PRIMARY KEY (hour, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, body BLOB);
CREATE TABLE IF NOT EXISTS day (day INTEGER PRIMARY KEY);

-- Copies of an event that no other copy covers, where there are several (`lineage.model.copies`).
CREATE TABLE IF NOT EXISTS copies (
  hour INTEGER, id BLOB, conflict INTEGER, body BLOB, PRIMARY KEY (hour, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS copies_conflict ON copies (id) WHERE conflict = 1;

-- Events that hold a place among the smallest of a row (by its ID), but do not count in it: at most three a row.
CREATE TABLE IF NOT EXISTS lost (row BLOB, time INTEGER, id BLOB, PRIMARY KEY (row, time, id)) WITHOUT ROWID;

-- A file as a batch had it, so a large one has several records. `hash` is that of its path, `load` the number of the
-- last load that gave it an event or changed one of it.
CREATE TABLE IF NOT EXISTS file (
  id INTEGER PRIMARY KEY, folder INTEGER, name TEXT, hash INTEGER, sha256 BLOB, size INTEGER, load INTEGER
);
CREATE INDEX IF NOT EXISTS file_hash ON file (hash);

-- What calls of one hour have in common. Numbers are those of `text`, `actor` and `target`; `first` and `last` are
-- seconds within the hour. Numbers of rows grow with time, so that a load touches the newest pages. `hash` finds a row
-- of an actor and hour, all columns tell whether it is the same.
CREATE TABLE IF NOT EXISTS row (
  id INTEGER PRIMARY KEY, actor INTEGER, hour INTEGER, hash INTEGER, api INTEGER, account INTEGER, region INTEGER,
  address INTEGER, endpoint INTEGER, agent INTEGER, error INTEGER, category INTEGER, flags INTEGER, target INTEGER,
  beside BLOB, count INTEGER, first INTEGER, last INTEGER, samples BLOB
);
CREATE INDEX IF NOT EXISTS row_actor ON row (actor, hour, hash);
CREATE INDEX IF NOT EXISTS row_hour ON row (hour);
CREATE INDEX IF NOT EXISTS row_account ON row (account, hour);
CREATE INDEX IF NOT EXISTS row_api ON row (api, hour);
CREATE INDEX IF NOT EXISTS row_address ON row (address, hour) WHERE address IS NOT NULL;
CREATE INDEX IF NOT EXISTS row_target ON row (target) WHERE target IS NOT NULL;
CREATE INDEX IF NOT EXISTS row_error ON row (hour) WHERE error IS NOT NULL;

-- What calls are about; `key` is a text.
CREATE TABLE IF NOT EXISTS target (id INTEGER PRIMARY KEY, key INTEGER, body BLOB);
CREATE INDEX IF NOT EXISTS target_key ON target (key);
-- The other targets of rows whose calls have several.
CREATE TABLE IF NOT EXISTS other_target (target INTEGER, row INTEGER, PRIMARY KEY (target, row)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS other_target_row ON other_target (row);

-- Identities. `source` (where their calls are attached), `session` and `principal` are nodes; NULL until they are
-- derived.
CREATE TABLE IF NOT EXISTS actor (
  id INTEGER PRIMARY KEY, hash BLOB UNIQUE, body BLOB, key TEXT, source INTEGER, session INTEGER, principal INTEGER
);
CREATE INDEX IF NOT EXISTS actor_source ON actor (source);
CREATE INDEX IF NOT EXISTS actor_principal ON actor (principal);
CREATE INDEX IF NOT EXISTS actor_key ON actor (key) WHERE key IS NOT NULL;
CREATE INDEX IF NOT EXISTS actor_session ON actor (session) WHERE session IS NOT NULL;

-- Identities that calls were forgotten of (lineage/stores/sqlite/prune.py).
CREATE TABLE IF NOT EXISTS kept (actor INTEGER PRIMARY KEY);

CREATE TABLE IF NOT EXISTS fact (id INTEGER PRIMARY KEY, hour INTEGER, event BLOB, number INTEGER, body BLOB);
CREATE INDEX IF NOT EXISTS fact_event ON fact (hour, event);

-- Facts and identities by join key (`lineage.resolve.join_keys`), of which the digest is kept.
CREATE TABLE IF NOT EXISTS fact_join (key BLOB, fact INTEGER, PRIMARY KEY (key, fact)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS actor_join (key BLOB, actor INTEGER, PRIMARY KEY (key, actor)) WITHOUT ROWID;
-- Join keys that wait to be derived.
CREATE TABLE IF NOT EXISTS dirty (kind INTEGER, value TEXT, PRIMARY KEY (kind, value)) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS sighting (
  principal TEXT, unique_id TEXT, arn TEXT, first INTEGER, last INTEGER, PRIMARY KEY (principal, unique_id, arn)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sighting_id ON sighting (unique_id);
CREATE INDEX IF NOT EXISTS sighting_arn ON sighting (arn);

-- What principals may be asked for by: their names, and the IDs of those in outside accounts and of Identity Center.
CREATE TABLE IF NOT EXISTS called (name TEXT, principal TEXT, PRIMARY KEY (name, principal)) WITHOUT ROWID;

-- Addenda: their own event ID, and the event that they amend and are counted as.
CREATE TABLE IF NOT EXISTS amended (id BLOB, original TEXT, PRIMARY KEY (id, original)) WITHOUT ROWID;

-- Nodes (lineage/stores/sqlite/nodes.py). Without a body a node is only referred to; `kind` is that of a principal.
CREATE TABLE IF NOT EXISTS node (
  id INTEGER PRIMARY KEY, label INTEGER, name TEXT, parent INTEGER, created INTEGER, kind TEXT, body BLOB
);
CREATE UNIQUE INDEX IF NOT EXISTS node_name ON node (name, label, parent, created);
CREATE INDEX IF NOT EXISTS node_kind ON node (kind) WHERE kind IS NOT NULL;

-- Relationships that are derived from facts. `key` is '' where the ends say it.
CREATE TABLE IF NOT EXISTS edge (
  target INTEGER, type INTEGER, source INTEGER, key TEXT, body BLOB, PRIMARY KEY (target, type, source, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS edge_source ON edge (source, type);

-- Relationships that one event makes from its caller; the caller's node is in actor.
CREATE TABLE IF NOT EXISTS change (
  id INTEGER PRIMARY KEY, type INTEGER, key TEXT, actor INTEGER, target INTEGER, hour INTEGER, event BLOB, body BLOB
);
CREATE INDEX IF NOT EXISTS change_target ON change (target, type);
CREATE INDEX IF NOT EXISTS change_actor ON change (actor);
CREATE INDEX IF NOT EXISTS change_event ON change (hour, event);

-- Sessions that were derived, by the number of their node. `unit` is the digest of the join key that led to them.
CREATE TABLE IF NOT EXISTS session (id INTEGER PRIMARY KEY, unit BLOB, principal INTEGER, name TEXT);
CREATE INDEX IF NOT EXISTS session_unit ON session (unit);
CREATE INDEX IF NOT EXISTS session_principal ON session (principal);
CREATE INDEX IF NOT EXISTS session_name ON session (name);

CREATE TABLE IF NOT EXISTS load (
  number INTEGER PRIMARY KEY, id TEXT UNIQUE, started TEXT, finished TEXT, body BLOB
);
CREATE TABLE IF NOT EXISTS aside (load TEXT, path TEXT, place INTEGER, offset INTEGER, reason TEXT);
CREATE TABLE IF NOT EXISTS digest (
  account TEXT, region TEXT, start INTEGER, "end" INTEGER, PRIMARY KEY (account, region, start, "end")
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS account (id TEXT PRIMARY KEY, name TEXT) WITHOUT ROWID;
-- What is kept beside the lineage: findings, objects of S3 that were loaded, what is guarded, results of verify.
CREATE TABLE IF NOT EXISTS note (kind TEXT, key TEXT, body BLOB, PRIMARY KEY (kind, key)) WITHOUT ROWID;
