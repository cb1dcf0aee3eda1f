-- A case ends, by itself or by a person, and its row stays.
ALTER TABLE exception_case ADD COLUMN ended_at bigint NOT NULL DEFAULT 0; -- 0: open
ALTER TABLE exception_case ADD COLUMN how text NOT NULL DEFAULT '';
CREATE INDEX exception_case_open ON exception_case (at) WHERE ended_at = 0;
CREATE INDEX exception_case_rrn ON exception_case (rrn);

-- What the issuer acknowledged since is over.
UPDATE exception_case SET how = 'acknowledged',
    ended_at = (SELECT max(updated_at, 1) FROM attempt WHERE attempt.rrn = exception_case.rrn)
    WHERE rrn IN (SELECT rrn FROM attempt WHERE attempt.rrn = exception_case.rrn AND attempt.state = 'reversed');
UPDATE attempt SET case_number = '' WHERE rrn IN (SELECT rrn FROM exception_case WHERE ended_at > 0);
