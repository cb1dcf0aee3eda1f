-- Keys and a batch number that a sign-on was told, until a message proves that its terminal has them (rows.py, `Offer`).
ALTER TABLE terminal ADD COLUMN offers bytea NOT NULL DEFAULT ''; -- MessagePack; keys sealed as the others
ALTER TABLE terminal DROP COLUMN signon_stan;
ALTER TABLE terminal DROP COLUMN signon_code;
