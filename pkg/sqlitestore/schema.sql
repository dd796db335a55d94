-- The challenges and the ledgers of one Countersign, as docs and code name them.
-- Times are in milliseconds since 1970 UTC, ttl in seconds.
CREATE TABLE IF NOT EXISTS challenges (
  pk TEXT PRIMARY KEY, authId TEXT NOT NULL, print BLOB NOT NULL,
  state TEXT NOT NULL, result TEXT NOT NULL, owner TEXT NOT NULL, lease INTEGER NOT NULL,
  seed BLOB NOT NULL, sealed BLOB NOT NULL, chosen INTEGER NOT NULL, digits INTEGER NOT NULL, kv INTEGER NOT NULL,
  code BLOB NOT NULL, guess BLOB NOT NULL, op TEXT NOT NULL,
  attempts INTEGER NOT NULL, max INTEGER NOT NULL,
  sentAt INTEGER NOT NULL, expiresAt INTEGER NOT NULL,
  ledger TEXT NOT NULL, mask TEXT NOT NULL, user TEXT NOT NULL,
  client TEXT NOT NULL, region TEXT NOT NULL, block TEXT NOT NULL, ttl INTEGER NOT NULL
) STRICT;

-- sends: "time id,time id", newest first.
CREATE TABLE IF NOT EXISTS ledgers (
  pk TEXT PRIMARY KEY, sends TEXT NOT NULL, unanswered INTEGER NOT NULL, ttl INTEGER NOT NULL
) STRICT;
