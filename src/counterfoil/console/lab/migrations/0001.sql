CREATE TABLE run (
    number bigint NOT NULL PRIMARY KEY,
    kept text NOT NULL                -- the run as JSON; see records.py
);
