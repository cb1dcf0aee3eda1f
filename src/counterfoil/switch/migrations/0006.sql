-- How often the issuer hung up on an advice. Of one family (named by the RRN of the transaction that began it) the advice
-- that has been owed longest goes first; today each is a family of its own.
ALTER TABLE outbox ADD COLUMN family text NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN owed_at bigint NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN hangups bigint NOT NULL DEFAULT 0;
UPDATE outbox SET family = rrn;
