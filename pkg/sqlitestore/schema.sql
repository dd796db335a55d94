-- The tables of one Countersign, besides those that schema.go derives from the
-- fields of a challenge. Times are in milliseconds since 1970 UTC, ttl in seconds.

-- The sends of a number: "time id,time id", newest first; and the digests of its known
-- sources: "hex,hex". answered is when a code passed that the service made, 0 for never.
CREATE TABLE IF NOT EXISTS ledgers (
  pk TEXT PRIMARY KEY, sends TEXT NOT NULL, unanswered INTEGER NOT NULL, ttl INTEGER NOT NULL,
  known TEXT NOT NULL DEFAULT '', answered INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Budgets of messages that nobody answers, in the form of entry.go.
CREATE TABLE IF NOT EXISTS guard (
  pk TEXT PRIMARY KEY, entry BLOB NOT NULL, ttl INTEGER NOT NULL
) STRICT;

-- Configuration documents (clients, users). rev counts the writes of a document from 1.
CREATE TABLE IF NOT EXISTS documents (
  pk TEXT PRIMARY KEY, doc TEXT NOT NULL, rev INTEGER NOT NULL
) STRICT;

-- Counters of requests. The caller numbers the windows.
CREATE TABLE IF NOT EXISTS traffic (
  pk TEXT PRIMARY KEY, window INTEGER NOT NULL, used INTEGER NOT NULL, ttl INTEGER NOT NULL
) STRICT;
