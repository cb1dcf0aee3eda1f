-- Found by last digits, but in parts: what is written together lies together. What was here before is one part.
ALTER TABLE attempt ADD COLUMN part bigint NOT NULL DEFAULT 0;
DROP INDEX attempt_card;
CREATE INDEX attempt_card ON attempt (part, last4, amount);
