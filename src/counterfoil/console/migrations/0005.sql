-- Attempts that no longer stop another charge of the same card and amount: a supervisor said so.
CREATE TABLE guard_release (
    ref text NOT NULL PRIMARY KEY,
    at bigint NOT NULL,
    by text NOT NULL,
    reason text NOT NULL
);
CREATE INDEX guard_release_at ON guard_release (at);
