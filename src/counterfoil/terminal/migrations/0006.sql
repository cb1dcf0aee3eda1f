-- Evidence in the order it came, of all terminals together: a sale has one number here, and its lines name it. Keys led by
-- the terminal made each sale write pages of its own, several times.
ALTER TABLE attempt ADD COLUMN place bigint NOT NULL DEFAULT 0;
UPDATE attempt SET place = coalesce(
  (SELECT min(t.rowid) FROM trail t
   WHERE t.terminal = attempt.terminal AND t.batch = attempt.batch AND t.stan = attempt.stan), -attempt.rowid);
CREATE TABLE trail_in_order (
  line     bigint NOT NULL PRIMARY KEY,
  sale     bigint NOT NULL, -- attempt.place; 0: of no sale
  terminal text   NOT NULL,
  at       bigint NOT NULL,
  what     text   NOT NULL,
  message  text   NOT NULL
);
INSERT INTO trail_in_order (line, sale, terminal, at, what, message)
  SELECT t.rowid, coalesce(a.place, 0), t.terminal, t.at, t.what, t.message
  FROM trail t LEFT JOIN attempt a ON a.terminal = t.terminal AND a.batch = t.batch AND a.stan = t.stan
  ORDER BY t.rowid;
DROP TABLE trail;
ALTER TABLE trail_in_order RENAME TO trail;
CREATE INDEX trail_sale ON trail (sale);
