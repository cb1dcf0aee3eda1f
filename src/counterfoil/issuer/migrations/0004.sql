-- An answer repeats its request: it is kept as what it adds, in the line of the request: its type, DE39 and DE38, ''
-- when the line tells of no answer. Lines of before, with answers in lines of their own, stay as they are.
ALTER TABLE trail ADD COLUMN answered text NOT NULL DEFAULT '';

-- What every purchase changes lies in one row: a card's counters are beside the balance they belong to.
CREATE INDEX card_account ON card (account);
CREATE TABLE account_with_counters (
    id text NOT NULL PRIMARY KEY,
    kind text NOT NULL,
    currency text NOT NULL,
    balance bigint NOT NULL CHECK (balance BETWEEN 0 AND 999999999999999),
    pin_failures bigint NOT NULL DEFAULT 0 CHECK (pin_failures >= 0),
    day text NOT NULL DEFAULT '',
    spent bigint NOT NULL DEFAULT 0 CHECK (spent >= 0),
    count bigint NOT NULL DEFAULT 0 CHECK (count >= 0)
);
INSERT INTO account_with_counters (id, kind, currency, balance, pin_failures, day, spent, count)
    SELECT account.id, account.kind, account.currency, account.balance, coalesce(card.pin_failures, 0),
        coalesce(card.day, ''), coalesce(card.spent, 0), coalesce(card.count, 0)
    FROM account LEFT JOIN card ON card.account = account.id;
CREATE TABLE card_without_counters (
    token text NOT NULL PRIMARY KEY, -- keyed hash of the card number; the number itself is nowhere
    account text NOT NULL REFERENCES account_with_counters (id),
    name text NOT NULL,
    first6 text NOT NULL,
    last4 text NOT NULL,
    expiry text NOT NULL,           -- YYMM
    currency text NOT NULL,
    pvv text NOT NULL,              -- '' = a card without a PIN
    status text NOT NULL CHECK (status IN ('active', 'lost', 'stolen', 'blocked')),
    limit_each bigint NOT NULL CHECK (limit_each >= 0),
    limit_day bigint NOT NULL CHECK (limit_day >= 0),
    count_day bigint NOT NULL CHECK (count_day >= 0)
);
INSERT INTO card_without_counters
    (token, account, name, first6, last4, expiry, currency, pvv, status, limit_each, limit_day, count_day)
    SELECT token, account, name, first6, last4, expiry, currency, pvv, status, limit_each, limit_day, count_day
    FROM card;
DROP TABLE card;
DROP TABLE account;
ALTER TABLE account_with_counters RENAME TO account;
ALTER TABLE card_without_counters RENAME TO card;

-- A customer knows the last digits of the card and the amount, and no number.
CREATE INDEX txn_digits ON txn (last4, amount);
