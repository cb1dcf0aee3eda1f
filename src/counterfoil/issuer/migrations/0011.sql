-- What is set aside stands beside the balance. A balance may be below zero where something had been promised: the floor is
-- a rule of the ledger, and the column only bounds what fits 63 bits.
ALTER TABLE account ADD COLUMN money bigint NOT NULL DEFAULT 0
    CHECK (money BETWEEN -9223372036854775807 AND 9223372036854775807);
UPDATE account SET money = balance;
ALTER TABLE account DROP COLUMN balance;
ALTER TABLE account RENAME COLUMN money TO balance;
ALTER TABLE account ADD COLUMN held bigint NOT NULL DEFAULT 0 CHECK (held BETWEEN 0 AND 9223372036854775807);

-- An entry posts a hold, stands against another entry (its original), or was booked whatever the floor says. It is on the
-- statements of the cards of both its sides, and knows the entry before it on each.
ALTER TABLE entry RENAME COLUMN previous TO before_debit;
ALTER TABLE entry ADD COLUMN hold text NOT NULL DEFAULT '';
ALTER TABLE entry ADD COLUMN original text NOT NULL DEFAULT '';
ALTER TABLE entry ADD COLUMN forced bigint NOT NULL DEFAULT 0; -- 1: it was
ALTER TABLE entry ADD COLUMN before_credit text NOT NULL DEFAULT '';
UPDATE entry SET before_credit = before_debit, before_debit = '' WHERE credit LIKE 'card:%';
UPDATE entry SET forced = 1 WHERE reverses <> '';
CREATE INDEX entry_original ON entry (original) WHERE original <> '';
CREATE INDEX entry_reverses ON entry (reverses) WHERE reverses <> '';

-- Append-only, as entries are: what was set aside, and how each hold ended, once.
CREATE TABLE hold (
    id text NOT NULL PRIMARY KEY,
    debit text NOT NULL,
    credit text NOT NULL,
    amount bigint NOT NULL CHECK (amount BETWEEN 1 AND 999999999999),
    currency text NOT NULL,
    at bigint NOT NULL,
    ref text NOT NULL,
    expires_at bigint NOT NULL,     -- 0: never
    original text NOT NULL,         -- the first hold of its family, '' for that itself
    again text NOT NULL             -- the hold that stands again as this one, or ''
);
CREATE INDEX hold_original ON hold (original) WHERE original <> '';
CREATE TABLE resolution (
    hold text NOT NULL PRIMARY KEY REFERENCES hold (id),
    id text NOT NULL,               -- of the posting or the void
    outcome text NOT NULL CHECK (outcome = 'posted' OR outcome = 'voided' OR outcome = 'expired'),
    amount bigint NOT NULL CHECK (amount BETWEEN 0 AND 999999999999),
    at bigint NOT NULL
);
CREATE INDEX resolution_id ON resolution (id);
