-- The bank's copy of a sales slip, the optional third one: counted like the other two, so that it has one ORIGINAL only.
ALTER TABLE attempt ADD COLUMN bank_copy text NOT NULL DEFAULT 'none';
ALTER TABLE attempt ADD COLUMN bank_original bigint NOT NULL DEFAULT 0;
