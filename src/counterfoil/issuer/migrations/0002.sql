-- Numbers are reserved many at a time, so that a start need not look for the highest one in all that ever happened.
CREATE TABLE reserved (
    what text NOT NULL PRIMARY KEY,
    up_to bigint NOT NULL
);
INSERT INTO reserved (what, up_to) SELECT 'seq', coalesce(max(seq), 0) FROM (
    SELECT max(seq) AS seq FROM trail UNION ALL SELECT max(seq) FROM alarm UNION ALL SELECT max(seq) FROM quarantine
) AS counted;

-- A purchase that came corrupted is looked for by the number its reversal said.
CREATE INDEX advice_rrn ON advice (rrn);
