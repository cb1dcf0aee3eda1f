-- The transaction that an attempt refers to (TERMINAL/BATCH/STAN), '' for none; what stands against one is found by it.
ALTER TABLE attempt ADD COLUMN original text NOT NULL DEFAULT '';
CREATE INDEX attempt_original ON attempt (original) WHERE original <> '';

-- What the issuer told of the account (DE54): the result of an inquiry, which a repeat of it gets again.
ALTER TABLE attempt ADD COLUMN balances text NOT NULL DEFAULT '';

-- Reversals that must keep their order are of one family: it is named by what began it, which its children know.
UPDATE outbox SET family = coalesce(
    (SELECT terminal || '/' || batch || '/' || stan FROM attempt WHERE attempt.rrn = outbox.rrn), family
);
