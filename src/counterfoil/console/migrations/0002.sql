-- What moves money out of its turn: asked for by one person, approved by another, done once.
CREATE TABLE consent (
    number bigint NOT NULL PRIMARY KEY,
    action text NOT NULL,
    subject text NOT NULL,
    reason text NOT NULL,
    state text NOT NULL CHECK (state IN ('asked', 'refused', 'approved', 'done', 'failed', 'not_sent', 'unknown')),
    asked_by text NOT NULL,
    asked_at bigint NOT NULL,
    decided_by text NOT NULL,         -- '' until somebody did
    decided_at bigint NOT NULL,
    answer text NOT NULL              -- JSON: what the station said, {} until then
);
CREATE UNIQUE INDEX consent_open ON consent (action, subject) WHERE state IN ('asked', 'approved');
CREATE INDEX consent_subject ON consent (subject);

-- Keys of programs. Only the hash of a token is kept.
CREATE TABLE token (
    name text NOT NULL PRIMARY KEY,
    hash text NOT NULL,
    role text NOT NULL CHECK (role IN ('cashier', 'support')),
    made_by text NOT NULL,
    made_at bigint NOT NULL,
    ended_at bigint NOT NULL          -- 0: it is in use
);
CREATE UNIQUE INDEX token_hash ON token (hash);
