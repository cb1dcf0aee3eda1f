CREATE TABLE person (
    name text NOT NULL PRIMARY KEY,
    role text NOT NULL CHECK (role IN ('cashier', 'supervisor', 'support', 'admin')),
    password text NOT NULL,           -- argon2id, with its parameters
    created_at bigint NOT NULL,
    disabled bigint NOT NULL CHECK (disabled IN (0, 1))
);

CREATE TABLE session (
    token text NOT NULL PRIMARY KEY,  -- SHA-256 of what the browser holds
    person text NOT NULL REFERENCES person (name),
    csrf text NOT NULL,
    begun_at bigint NOT NULL,
    seen_at bigint NOT NULL
);
CREATE INDEX session_person ON session (person);

CREATE TABLE audit (
    seq bigint NOT NULL PRIMARY KEY,
    line text NOT NULL                -- hash of the line before and the entry, see audit.py
);
