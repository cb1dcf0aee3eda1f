-- What is known of each copy of a receipt, and which print may be its ORIGINAL (0: none can be; -1: the e-receipt is).
-- Until now "sent" said that a print may or may not have come out, and a failed DUPLICATE hid the print before it.
ALTER TABLE attempt ADD COLUMN merchant_original bigint NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN cardholder_original bigint NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN trouble text NOT NULL DEFAULT '';
UPDATE attempt SET merchant_original = copies_sent
  WHERE merchant_copy IN ('sent', 'printed') OR (merchant_copy = 'failed' AND copies_sent > 1);
UPDATE attempt SET cardholder_original = copies_sent
  WHERE cardholder_copy IN ('sent', 'printed') OR (cardholder_copy = 'failed' AND copies_sent > 1);
UPDATE attempt SET merchant_copy = 'unknown' WHERE merchant_copy <> 'printed' AND merchant_original <> 0;
UPDATE attempt SET cardholder_copy = 'unknown' WHERE cardholder_copy <> 'printed' AND cardholder_original <> 0;
