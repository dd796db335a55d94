-- Configuration documents (clients, users) and counters of requests, beside the
-- tables of schema.sql. rev counts the writes of a document from 1.
CREATE TABLE IF NOT EXISTS documents (
  pk TEXT PRIMARY KEY, doc TEXT NOT NULL, rev INTEGER NOT NULL
) STRICT;

-- window is numbered by the caller; ttl is in seconds since 1970 UTC.
CREATE TABLE IF NOT EXISTS traffic (
  pk TEXT PRIMARY KEY, window INTEGER NOT NULL, used INTEGER NOT NULL, ttl INTEGER NOT NULL
) STRICT;
