-- The same words and columns. A list of more than two in a CHECK makes SQLite build a table of it for every row it writes,
-- which was a fifteenth of a sale.
CREATE TABLE txn_in_words (
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
    state text NOT NULL CHECK (state = 'posted' OR state = 'declined' OR state = 'reversed' OR state = 'tombstoned'
                               OR state = 'late'),
    refusal text NOT NULL,
    code text NOT NULL,
    auth_code text NOT NULL,
    started_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    debited_at bigint NOT NULL,
    returned_at bigint NOT NULL,
    case_number text NOT NULL,
    part bigint NOT NULL,
    received text NOT NULL,         -- the request it began with
    request text NOT NULL,          -- JSON
    answered text NOT NULL
);
INSERT INTO txn_in_words (key, rrn, token, account, first6, last4, processing, amount, currency, terminal, merchant, state,
        refusal, code, auth_code, started_at, updated_at, debited_at, returned_at, case_number, part, received, request,
        answered)
    SELECT key, rrn, token, account, first6, last4, processing, amount, currency, terminal, merchant, state,
        refusal, code, auth_code, started_at, updated_at, debited_at, returned_at, case_number, part, received, request,
        answered
    FROM txn ORDER BY started_at, key;
DROP TABLE txn;
ALTER TABLE txn_in_words RENAME TO txn;
CREATE INDEX txn_rrn ON txn (rrn);
CREATE INDEX txn_digits ON txn (part, last4, amount);
