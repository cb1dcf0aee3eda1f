-- Purchases that left for the archive: enough to know their keys again. Led by the acquirer and in the order of time.
CREATE TABLE archived (
    key text NOT NULL PRIMARY KEY,
    state text NOT NULL
);

-- The advices of a purchase leave with it.
CREATE INDEX advice_original ON advice (original);
