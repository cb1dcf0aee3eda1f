-- Which STANs of a batch were used, the attempts in it say.
UPDATE device SET batch = '000000' WHERE spent <> '';
ALTER TABLE device DROP COLUMN spent;
