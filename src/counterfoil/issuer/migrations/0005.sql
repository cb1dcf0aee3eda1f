-- Entries lie in the order of time, and not under their account: a sale no longer changes a page of its own in an index
-- of accounts. An account knows its last entry and each entry the one before it, so that a statement is a walk.
ALTER TABLE account ADD COLUMN last_entry text NOT NULL DEFAULT '';
CREATE TABLE entry_in_time (
    id text NOT NULL PRIMARY KEY,   -- the key of its purchase, or what else it is for
    debit text NOT NULL,
    credit text NOT NULL,
    amount bigint NOT NULL CHECK (amount BETWEEN 1 AND 999999999999),
    currency text NOT NULL,
    at bigint NOT NULL,
    ref text NOT NULL,
    reverses text NOT NULL,         -- id of the entry this one undoes, or ''
    previous text NOT NULL          -- id of the entry before it on the same card's account, or ''
);
INSERT INTO entry_in_time (id, debit, credit, amount, currency, at, ref, reverses, previous)
    SELECT id, debit, credit, amount, currency, at, ref, reverses,
        coalesce(lag(id) OVER (PARTITION BY card ORDER BY at, sorted), '')
    FROM (
        SELECT debit, credit, amount, currency, at, ref, card, id AS sorted,
            CASE WHEN id LIKE card || '/#%' THEN id ELSE substr(id, length(card) + 2) END AS id,
            CASE WHEN reverses = '' THEN '' ELSE substr(reverses, length(card) + 2) END AS reverses
        FROM (SELECT entry.*, CASE WHEN debit LIKE 'card:%' THEN debit ELSE credit END AS card FROM entry) AS named
    ) AS renamed
    ORDER BY at, sorted;
DROP TABLE entry;
ALTER TABLE entry_in_time RENAME TO entry;
UPDATE account SET last_entry = tail.id
    FROM (
        SELECT id, CASE WHEN debit LIKE 'card:%' THEN debit ELSE credit END AS card FROM entry
        WHERE id NOT IN (SELECT previous FROM entry)
    ) AS tail
    WHERE tail.card = account.id;

-- Found by last digits, but in parts: what is written together lies together. What was here before is one part.
ALTER TABLE txn ADD COLUMN part bigint NOT NULL DEFAULT 0;
DROP INDEX txn_digits;
CREATE INDEX txn_digits ON txn (part, last4, amount);

-- The request a purchase began with, and its answer, stand in its row; whatever came later stands in the trail.
ALTER TABLE txn ADD COLUMN received text NOT NULL DEFAULT '';
ALTER TABLE txn ADD COLUMN request text NOT NULL DEFAULT ''; -- JSON
ALTER TABLE txn ADD COLUMN answered text NOT NULL DEFAULT '';

-- The messages a step owes to cardholders are one row, gone when the last of them is delivered.
CREATE TABLE outbox_of_step (
    seq bigint NOT NULL PRIMARY KEY,
    at bigint NOT NULL,
    notices text NOT NULL           -- JSON: a list of [name, text]
);
INSERT INTO outbox_of_step (seq, at, notices)
    SELECT row_number() OVER (ORDER BY at, name) - (SELECT count(*) FROM outbox), at,
        '[["' || name || '","' || replace(replace(replace(text, '\', '\\'), '"', '\"'), '
', '\n') || '"]]'
    FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_of_step RENAME TO outbox;
