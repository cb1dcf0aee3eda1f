-- What kind of transaction it is, '' where nobody said (a tombstone, what could not be read). Every one of before was a
-- purchase.
ALTER TABLE txn ADD COLUMN kind text NOT NULL DEFAULT '';
UPDATE txn SET kind = 'purchase' WHERE processing LIKE '00%';
