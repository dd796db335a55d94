-- Takes over a file of the first release (user_version 2), which kept how far each
-- challenge was reported (told) and what was written over before it was (untold). All
-- that is not reported yet becomes changes. untold has no digests of the code and of
-- the guess, only whether they are equal, and no more than that is read from a change.
INSERT INTO changes (kind, was_seed, was_state, was_sentAt, was_attempts, pk, authId, seed, state, result,
    code, guess, op, attempts, max, sentAt, expiresAt, ledger, mask, client, region)
  SELECT iif(wasSeed IS NULL, 'inserted', 'updated'), wasSeed, wasState, wasSentAt, wasAttempts,
    pk, authId, seed, state, result, x'01', iif(passed, x'01', x''), op, attempts, max, sentAt, expiresAt,
    ledger, mask, client, region
  FROM untold ORDER BY seq;

INSERT INTO changes (kind, pk, authId, seed, state, result, code, guess, op, attempts, max, sentAt, expiresAt,
    ledger, mask, client, region)
  SELECT 'deleted', pk, authId, seed, state, result, x'01', iif(passed, x'01', x''), op, attempts, max, sentAt,
    expiresAt, ledger, mask, client, region
  FROM untold WHERE over ORDER BY seq;

INSERT INTO changes (kind, was_seed, was_state, was_sentAt, was_attempts, pk, authId, seed, state, result,
    code, guess, op, attempts, max, sentAt, expiresAt, ledger, mask, client, region)
  SELECT iif(told.id IS NULL, 'inserted', 'updated'), told.seed, told.state, told.sentAt, told.attempts,
    pk, authId, c.seed, c.state, result, code, guess, op, c.attempts, max, c.sentAt, expiresAt,
    ledger, mask, client, region
  FROM challenges c LEFT JOIN told ON told.id = c.rowid
  WHERE max > 0 AND (c.seed, c.state, c.sentAt, c.attempts) IS NOT (told.seed, told.state, told.sentAt, told.attempts)
    AND NOT (told.id IS NULL AND c.state = 'reserved' AND c.attempts = 0)
  ORDER BY c.rowid;

DROP TABLE told;
DROP TABLE untold;
