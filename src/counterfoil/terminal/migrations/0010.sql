-- What kind of transaction it is. Every one of before was a purchase.
ALTER TABLE attempt ADD COLUMN kind text NOT NULL DEFAULT 'purchase';
