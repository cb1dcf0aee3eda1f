-- What the comparison of all stubs found. Rows open and end; none is deleted.
CREATE TABLE contradiction (
    number text NOT NULL PRIMARY KEY,  -- C-000001
    kind text NOT NULL,
    name text NOT NULL,                -- TERMINAL/BATCH/STAN, or the issuer and DE32/DE7/DE11 where no switch knows it
    detail text NOT NULL,
    at_terminal text NOT NULL,         -- the three positions when it was seen last
    at_switch text NOT NULL,
    at_issuer text NOT NULL,
    ref text NOT NULL,
    issuer text NOT NULL,
    request text NOT NULL,
    rrn text NOT NULL,
    terminal text NOT NULL,
    merchant text NOT NULL,
    amount bigint NOT NULL CHECK (amount BETWEEN 0 AND 999999999999),
    currency text NOT NULL,
    last4 text NOT NULL,
    started_at bigint NOT NULL,        -- when the transaction began
    first_seen bigint NOT NULL,
    last_seen bigint NOT NULL,
    looked_at bigint NOT NULL,
    ended_at bigint NOT NULL,          -- 0: open
    how text NOT NULL
);
CREATE UNIQUE INDEX contradiction_once ON contradiction (name, kind) WHERE ended_at = 0;
CREATE INDEX contradiction_name ON contradiction (name);
CREATE INDEX contradiction_open ON contradiction (first_seen, number) WHERE ended_at = 0;
CREATE INDEX contradiction_looked ON contradiction (looked_at, number) WHERE ended_at = 0;
CREATE INDEX contradiction_ended ON contradiction (ended_at) WHERE ended_at > 0;

-- What was in flight when it was looked at, to be looked at again until it is at rest.
CREATE TABLE waiting (
    name text NOT NULL PRIMARY KEY,
    ref text NOT NULL,
    issuer text NOT NULL,
    request text NOT NULL,
    looked_at bigint NOT NULL
);
CREATE INDEX waiting_looked ON waiting (looked_at, name);

-- How far the comparison has come in each store, and what lies there: a store that came back from a backup has lost it.
CREATE TABLE reached (
    station text NOT NULL PRIMARY KEY,
    place bigint NOT NULL,
    what text NOT NULL
);

-- The passes, the newest one perhaps not at its end.
CREATE TABLE pass (
    number bigint NOT NULL PRIMARY KEY,
    whole bigint NOT NULL CHECK (whole IN (0, 1)),
    stage text NOT NULL,               -- where it goes on; '' when it is over
    place bigint NOT NULL,
    begun_at bigint NOT NULL,
    ended_at bigint NOT NULL,
    compared bigint NOT NULL,
    opened bigint NOT NULL,
    ended bigint NOT NULL,
    unread text NOT NULL               -- stations whose store could not be read
);
