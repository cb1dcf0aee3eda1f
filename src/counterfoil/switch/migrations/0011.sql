-- What kind of transaction it is, '' where nobody said (a tombstone, a burnt key). Every one of before was a purchase.
ALTER TABLE attempt ADD COLUMN kind text NOT NULL DEFAULT '';
UPDATE attempt SET kind = 'purchase' WHERE state <> 'tombstone' AND processing <> '';
