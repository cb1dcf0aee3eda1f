-- How often somebody claimed a card on its `day` without proving it: a stripe with a wrong value, a number with a wrong
-- expiry.
ALTER TABLE account ADD COLUMN guesses bigint NOT NULL DEFAULT 0;
