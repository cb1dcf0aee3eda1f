-- The transaction that a transaction refers to (a void its purchase, a completion its pre-authorisation), '' for none: its
-- key.
ALTER TABLE txn ADD COLUMN original text NOT NULL DEFAULT '';
CREATE INDEX txn_original ON txn (original) WHERE original <> '';

-- Open holds that have a time, and when it is over. Not evidence: a row goes when its hold ends.
CREATE TABLE expiring (
    hold text NOT NULL PRIMARY KEY REFERENCES hold (id),
    expires_at bigint NOT NULL
);
CREATE INDEX expiring_at ON expiring (expires_at);
INSERT INTO expiring (hold, expires_at)
    SELECT id, expires_at FROM hold WHERE expires_at > 0 AND id NOT IN (SELECT hold FROM resolution);
