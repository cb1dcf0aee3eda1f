-- The printers a terminal was given, a first and a second one; '' is the one the settings name.
ALTER TABLE device ADD COLUMN printer text NOT NULL DEFAULT '';
ALTER TABLE device ADD COLUMN printer2 text NOT NULL DEFAULT '';
