-- A case ends, by itself or by a person, and its row stays.
ALTER TABLE exception_case ADD COLUMN ended_at bigint NOT NULL DEFAULT 0; -- 0: open
ALTER TABLE exception_case ADD COLUMN how text NOT NULL DEFAULT '';
CREATE INDEX exception_case_open ON exception_case (at) WHERE ended_at = 0;
CREATE INDEX exception_case_txn ON exception_case (txn);

-- What another advice, one that fitted, gave back since is over.
UPDATE exception_case SET how = 'acknowledged',
    ended_at = (SELECT max(returned_at, 1) FROM txn WHERE txn.key = exception_case.txn)
    WHERE txn IN (SELECT key FROM txn WHERE txn.key = exception_case.txn AND txn.returned_at >= exception_case.at);
UPDATE txn SET case_number = '' WHERE key IN (SELECT txn FROM exception_case WHERE ended_at > 0)
    AND key NOT IN (SELECT txn FROM exception_case WHERE ended_at = 0);
