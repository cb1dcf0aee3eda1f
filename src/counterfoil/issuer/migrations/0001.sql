-- The issuer's store. Keys are made by the application and led by what distributes (the card's account, the acquirer);
-- tables without a key of their own count `seq`, given out by the only writer.

-- One row: whose store this is.
CREATE TABLE station (
    name text NOT NULL PRIMARY KEY
);

CREATE TABLE station_key (
    name text NOT NULL PRIMARY KEY,
    usage text NOT NULL,
    blob bytea NOT NULL,            -- sealed under the station's local master key
    kcv bytea NOT NULL
);

-- Only a cardholder has a balance row: a cache of its entries, changed in the same commit.
CREATE TABLE account (
    id text NOT NULL PRIMARY KEY,
    kind text NOT NULL,
    currency text NOT NULL,
    balance bigint NOT NULL CHECK (balance BETWEEN 0 AND 999999999999999)
);

CREATE TABLE card (
    token text NOT NULL PRIMARY KEY, -- keyed hash of the card number; the number itself is nowhere
    account text NOT NULL REFERENCES account (id),
    name text NOT NULL,
    first6 text NOT NULL,
    last4 text NOT NULL,
    expiry text NOT NULL,           -- YYMM
    currency text NOT NULL,
    pvv text NOT NULL,              -- '' = a card without a PIN
    status text NOT NULL CHECK (status IN ('active', 'lost', 'stolen', 'blocked')),
    limit_each bigint NOT NULL CHECK (limit_each >= 0),
    limit_day bigint NOT NULL CHECK (limit_day >= 0),
    count_day bigint NOT NULL CHECK (count_day >= 0),
    pin_failures bigint NOT NULL CHECK (pin_failures >= 0),
    day text NOT NULL,
    spent bigint NOT NULL CHECK (spent >= 0),
    count bigint NOT NULL CHECK (count >= 0)
);

-- Append-only.
CREATE TABLE entry (
    id text NOT NULL PRIMARY KEY,
    debit text NOT NULL,
    credit text NOT NULL,
    amount bigint NOT NULL CHECK (amount BETWEEN 1 AND 999999999999),
    currency text NOT NULL,
    at bigint NOT NULL,
    ref text NOT NULL,
    reverses text NOT NULL          -- id of the entry this one undoes, or ''
);

-- One row per purchase, led by DE32, DE7, DE11: what was decided, and all that a repeat must be told again.
CREATE TABLE txn (
    key text NOT NULL PRIMARY KEY,
    rrn text NOT NULL,
    token text NOT NULL,
    account text NOT NULL,          -- '' when no card of ours was named
    first6 text NOT NULL,
    last4 text NOT NULL,
    processing text NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    terminal text NOT NULL,
    merchant text NOT NULL,
    state text NOT NULL CHECK (state IN ('posted', 'declined', 'reversed', 'tombstoned', 'late')),
    refusal text NOT NULL,
    code text NOT NULL,
    auth_code text NOT NULL,
    started_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    debited_at bigint NOT NULL,
    returned_at bigint NOT NULL,
    case_number text NOT NULL
);
CREATE INDEX txn_rrn ON txn (rrn);

-- One row per reversal advice: the answer its repeats get again.
CREATE TABLE advice (
    key text NOT NULL PRIMARY KEY,
    original text NOT NULL,
    rrn text NOT NULL,
    amount bigint NOT NULL,
    terminal text NOT NULL,
    merchant text NOT NULL,
    reason text NOT NULL,
    outcome text NOT NULL,
    code text NOT NULL,
    at bigint NOT NULL
);

-- What a person must decide.
CREATE TABLE exception_case (
    number text NOT NULL PRIMARY KEY,
    txn text NOT NULL,
    rrn text NOT NULL,
    at bigint NOT NULL,
    what text NOT NULL,
    detail text NOT NULL
);

-- Messages to cardholders that are still to be delivered; a row goes when its delivery is reported.
CREATE TABLE outbox (
    name text NOT NULL PRIMARY KEY,
    text text NOT NULL,
    at bigint NOT NULL
);

-- Append-only evidence: every message in and out, decoded and masked, without what must never be kept.
CREATE TABLE trail (
    txn text NOT NULL,              -- '' when the message named none
    seq bigint NOT NULL,
    at bigint NOT NULL,
    what text NOT NULL,
    leg text NOT NULL,
    message text NOT NULL,          -- JSON
    PRIMARY KEY (txn, seq)
);

CREATE TABLE alarm (
    seq bigint NOT NULL PRIMARY KEY,
    at bigint NOT NULL,
    txn text NOT NULL,
    what text NOT NULL,
    detail text NOT NULL
);

CREATE TABLE quarantine (
    seq bigint NOT NULL PRIMARY KEY,
    at bigint NOT NULL,
    link text NOT NULL,
    reason text NOT NULL,
    message text NOT NULL           -- JSON, masked
);
