-- Whether another device may have been told the batch of a terminal too (signon.py): its next sign-on gets another one.
ALTER TABLE terminal ADD COLUMN shared bigint NOT NULL DEFAULT 0;
