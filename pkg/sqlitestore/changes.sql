-- What was told of the challenges, for whoever follows them: what the stream is to
-- the table in DynamoDB. A challenge keeps what facts follow from (its state, when
-- its message was sent, how many guesses were made), so that a write has nothing to
-- note: told is how far the facts of a challenge are told, and the rest is the
-- difference. id is the challenge's rowid; seed is that of the challenge meant,
-- as one may follow another in its row.
CREATE TABLE IF NOT EXISTS told (
  id INTEGER PRIMARY KEY, seed BLOB NOT NULL, state TEXT NOT NULL, sentAt INTEGER NOT NULL, attempts INTEGER NOT NULL
) STRICT;

-- Challenges as they were before something was written over that may not have been
-- told. was... is how far it was told then, NULL for not at all; over says that the
-- challenge ended with this, for lack of time. Numbers are not used twice.
CREATE TABLE IF NOT EXISTS untold (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, over INTEGER NOT NULL,
  wasSeed BLOB, wasState TEXT, wasSentAt INTEGER, wasAttempts INTEGER,
  pk TEXT NOT NULL, authId TEXT NOT NULL, seed BLOB NOT NULL, state TEXT NOT NULL, result TEXT NOT NULL,
  passed INTEGER NOT NULL, op TEXT NOT NULL, attempts INTEGER NOT NULL, max INTEGER NOT NULL,
  sentAt INTEGER NOT NULL, expiresAt INTEGER NOT NULL,
  ledger TEXT NOT NULL, mask TEXT NOT NULL, client TEXT NOT NULL, region TEXT NOT NULL, block TEXT NOT NULL
) STRICT;

-- Facts that were counted, and how many of each there were under each key.
CREATE TABLE IF NOT EXISTS counted (id TEXT PRIMARY KEY, ttl INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS tallies (
  pk TEXT NOT NULL, what TEXT NOT NULL, n INTEGER NOT NULL, ttl INTEGER NOT NULL, PRIMARY KEY (pk, what)
) STRICT;

-- Its code was sent once more.
CREATE TRIGGER IF NOT EXISTS sentAgain AFTER UPDATE OF sentAt ON challenges
WHEN NEW.sentAt <> OLD.sentAt AND NEW.seed = OLD.seed AND OLD.state = 'sent' AND OLD.max > 0
BEGIN
  INSERT INTO untold SELECT NULL, 0, told.seed, told.state, told.sentAt, told.attempts,
    OLD.pk, OLD.authId, OLD.seed, OLD.state, OLD.result, OLD.guess = OLD.code, OLD.op, OLD.attempts, OLD.max,
    OLD.sentAt, OLD.expiresAt, OLD.ledger, OLD.mask, OLD.client, OLD.region, OLD.block
    FROM (SELECT 1) LEFT JOIN told ON told.id = OLD.rowid;
  INSERT INTO told VALUES (OLD.rowid, OLD.seed, OLD.state, OLD.sentAt, OLD.attempts)
    ON CONFLICT (id) DO UPDATE SET seed = excluded.seed, state = excluded.state, sentAt = excluded.sentAt, attempts = excluded.attempts;
END;

-- It made room for the next one under its key, which may begin with attempts used. One
-- that is put back begins as it ended: all of it was told, or is untold.
CREATE TRIGGER IF NOT EXISTS replaced AFTER UPDATE OF seed ON challenges
WHEN NEW.seed <> OLD.seed AND OLD.max > 0
BEGIN
  INSERT INTO untold SELECT NULL, OLD.expiresAt <= NEW.sentAt, told.seed, told.state, told.sentAt, told.attempts,
    OLD.pk, OLD.authId, OLD.seed, OLD.state, OLD.result, OLD.guess = OLD.code, OLD.op, OLD.attempts, OLD.max,
    OLD.sentAt, OLD.expiresAt, OLD.ledger, OLD.mask, OLD.client, OLD.region, OLD.block
    FROM (SELECT 1) LEFT JOIN told ON told.id = OLD.rowid;
  INSERT INTO told VALUES (NEW.rowid, NEW.seed, iif(NEW.state = 'failed', 'reserved', NEW.state), NEW.sentAt, NEW.attempts)
    ON CONFLICT (id) DO UPDATE SET seed = excluded.seed, state = excluded.state, sentAt = excluded.sentAt, attempts = excluded.attempts;
END;

-- It was swept.
CREATE TRIGGER IF NOT EXISTS swept AFTER DELETE ON challenges WHEN OLD.max > 0
BEGIN
  INSERT INTO untold SELECT NULL, 1, told.seed, told.state, told.sentAt, told.attempts,
    OLD.pk, OLD.authId, OLD.seed, OLD.state, OLD.result, OLD.guess = OLD.code, OLD.op, OLD.attempts, OLD.max,
    OLD.sentAt, OLD.expiresAt, OLD.ledger, OLD.mask, OLD.client, OLD.region, OLD.block
    FROM (SELECT 1) LEFT JOIN told ON told.id = OLD.rowid;
  DELETE FROM told WHERE id = OLD.rowid;
END;

-- What a pass did by itself before there was a feed.
DROP TRIGGER IF EXISTS passed;
