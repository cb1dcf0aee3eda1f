-- Deeds that have left the console and whose second line is not in the audit log yet.
CREATE TABLE deed (
    seq bigint NOT NULL PRIMARY KEY,  -- of the first line
    ends_as text NOT NULL             -- what the second line is called
);

-- Written to find out whether the store can be written.
CREATE TABLE pulse (
    one bigint NOT NULL PRIMARY KEY CHECK (one = 1),
    at bigint NOT NULL
);
