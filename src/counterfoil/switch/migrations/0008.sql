-- Attempts that this store or an issuer's or a terminal's does not know any more (storage/forgotten.py).
CREATE TABLE forgotten (
    number text NOT NULL PRIMARY KEY,
    station text NOT NULL,          -- whose store does not know it
    peer text NOT NULL,             -- whom this one compared with
    key text NOT NULL,              -- RRN of the attempt; '' where this store is the one that forgot
    request text NOT NULL,          -- DE7 and DE11
    rrn text NOT NULL,
    terminal text NOT NULL,
    token text NOT NULL,            -- refused while the row is open
    amount bigint NOT NULL CHECK (amount BETWEEN 0 AND 999999999999),
    currency text NOT NULL,
    last4 text NOT NULL,
    opened_at bigint NOT NULL,
    walked bigint NOT NULL CHECK (walked = 0 OR walked = 1),
    ended_at bigint NOT NULL,       -- 0: open
    how text NOT NULL,
    ended_by text NOT NULL,
    reason text NOT NULL,
    evidence text NOT NULL          -- JSON
);
CREATE INDEX forgotten_open ON forgotten (opened_at) WHERE ended_at = 0;
