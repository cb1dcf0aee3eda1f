-- The switch's store. Keys are made by the application and led by what distributes (the terminal). A `tick` is an
-- instant that this switch never gives out twice, so it is a key.

CREATE TABLE station_key (
    usage text NOT NULL PRIMARY KEY,
    blob bytea NOT NULL,              -- sealed under the station's local master key
    kcv bytea NOT NULL
);

CREATE TABLE issuer (
    name text NOT NULL PRIMARY KEY,   -- also the name of the link
    institution text NOT NULL,        -- DE44.1
    pin_blob bytea NOT NULL,          -- zone keys, sealed
    pin_kcv bytea NOT NULL,
    mac_blob bytea NOT NULL,
    mac_kcv bytea NOT NULL
);

CREATE TABLE route (
    prefix text NOT NULL PRIMARY KEY, -- leading digits of the card number; the longest match wins
    issuer text NOT NULL REFERENCES issuer (name)
);

CREATE TABLE terminal (
    terminal text NOT NULL PRIMARY KEY,
    merchant text NOT NULL,
    batch text NOT NULL,              -- the one this host issued last
    tmk_blob bytea NOT NULL,          -- empty: cannot sign on
    tmk_kcv bytea NOT NULL,
    pik_blob bytea NOT NULL,          -- empty: not signed on
    pik_kcv bytea NOT NULL,
    mak_blob bytea NOT NULL,
    mak_kcv bytea NOT NULL,
    tdk_blob bytea NOT NULL,
    tdk_kcv bytea NOT NULL,
    signed_on_at bigint NOT NULL,
    signon_stan text NOT NULL,
    signon_code text NOT NULL,        -- DE60.3 of the sign-on
    overrides text NOT NULL,          -- JSON: how this terminal's dialect differs, or ''
    mac_algorithm text NOT NULL,
    mac_raw bigint NOT NULL CHECK (mac_raw IN (0, 1)),
    mak_size bigint NOT NULL CHECK (mak_size IN (8, 16)),
    amount_limit bigint NOT NULL CHECK (amount_limit BETWEEN 0 AND 999999999999) -- 0: none
);

-- One row per attempt: the intent, then its result, and all that a repeat or a reversal needs. No track, PIN or chip
-- data: there is no column for it.
CREATE TABLE attempt (
    terminal text NOT NULL,
    batch text NOT NULL,
    stan text NOT NULL,
    rrn text NOT NULL,
    state text NOT NULL,
    merchant text NOT NULL,
    processing text NOT NULL,
    amount bigint NOT NULL CHECK (amount BETWEEN 0 AND 999999999999),
    currency text NOT NULL,           -- DE49
    entry_mode text NOT NULL,
    condition text NOT NULL,
    token text NOT NULL,              -- keyed hash of the card number
    first6 text NOT NULL,
    last4 text NOT NULL,
    pan bytea NOT NULL,               -- encrypted, for the 0420; empty once nothing can be owed
    issuer text NOT NULL,             -- '': never routed
    transmitted text NOT NULL,        -- DE7 and DE11 towards the issuer
    trace text NOT NULL,
    forwarded bigint NOT NULL CHECK (forwarded IN (0, 1)),
    deadline bigint NOT NULL,
    response_code text NOT NULL,
    auth_code text NOT NULL,
    started_at bigint NOT NULL,
    answered_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    reversal_reason text NOT NULL,
    reversal_rrn text NOT NULL,       -- DE37 of the 0410
    reversal_tries bigint NOT NULL,
    reversal_code text NOT NULL,      -- DE39 of the last 0430
    case_number text NOT NULL,
    PRIMARY KEY (terminal, batch, stan)
);
CREATE UNIQUE INDEX attempt_rrn ON attempt (rrn);
CREATE INDEX attempt_asked ON attempt (deadline) WHERE state = 'asked';
CREATE INDEX attempt_card ON attempt (last4, amount);

-- Reversal advices until the issuer acknowledged them. `message` is the advice as data, without the card number.
CREATE TABLE outbox (
    rrn text NOT NULL PRIMARY KEY,
    issuer text NOT NULL,
    transmitted text NOT NULL,
    trace text NOT NULL,
    message text NOT NULL,
    tries bigint NOT NULL,
    sent_at bigint NOT NULL,
    next_at bigint NOT NULL
);

-- Append-only evidence. `message` is what may be kept of a message: masked, without what must never be on a disk.
CREATE TABLE trail (
    tick bigint NOT NULL PRIMARY KEY,
    rrn text NOT NULL,
    terminal text NOT NULL,
    what text NOT NULL,
    leg text NOT NULL,
    message text NOT NULL
);
CREATE INDEX trail_rrn ON trail (rrn);

CREATE TABLE alarm (
    tick bigint NOT NULL PRIMARY KEY,
    rrn text NOT NULL,
    subject text NOT NULL,            -- a terminal or an issuer
    what text NOT NULL,
    detail text NOT NULL
);

CREATE TABLE exception_case (
    number text NOT NULL PRIMARY KEY,
    rrn text NOT NULL,
    at bigint NOT NULL,
    owner text NOT NULL,
    what text NOT NULL,
    detail text NOT NULL
);

CREATE TABLE quarantine (
    tick bigint NOT NULL PRIMARY KEY,
    link text NOT NULL,
    reason text NOT NULL,
    message text NOT NULL
);
