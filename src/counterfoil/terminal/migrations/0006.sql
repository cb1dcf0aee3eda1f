-- Evidence in the order it came, of all terminals together: a sale has one number here, and its lines name it. Keys led by
-- the terminal made each sale write pages of its own, several times. Lines of before keep their order at each terminal.
CREATE TABLE numbered (
  line     bigint NOT NULL PRIMARY KEY,
  terminal text   NOT NULL,
  batch    text   NOT NULL,
  stan     text   NOT NULL,
  earlier  bigint NOT NULL
);
INSERT INTO numbered (line, terminal, batch, stan, earlier)
  SELECT row_number() OVER (ORDER BY line, terminal), terminal, batch, stan, line FROM trail;
CREATE INDEX numbered_sale ON numbered (terminal, batch, stan);
ALTER TABLE attempt ADD COLUMN place bigint NOT NULL DEFAULT -1; -- -1: no line tells of it
UPDATE attempt SET place = coalesce(
  (SELECT min(n.line) FROM numbered n
   WHERE n.terminal = attempt.terminal AND n.batch = attempt.batch AND n.stan = attempt.stan), -1);
CREATE TABLE trail_in_order (
  line     bigint NOT NULL PRIMARY KEY,
  sale     bigint NOT NULL, -- attempt.place; 0: of no sale
  terminal text   NOT NULL,
  at       bigint NOT NULL,
  what     text   NOT NULL,
  message  text   NOT NULL
);
INSERT INTO trail_in_order (line, sale, terminal, at, what, message)
  SELECT n.line, coalesce(a.place, 0), n.terminal, t.at, t.what, t.message
  FROM numbered n
  JOIN trail t ON t.terminal = n.terminal AND t.line = n.earlier
  LEFT JOIN attempt a ON a.terminal = n.terminal AND a.batch = n.batch AND a.stan = n.stan
  ORDER BY n.line;
DROP TABLE numbered;
DROP TABLE trail;
ALTER TABLE trail_in_order RENAME TO trail;
CREATE INDEX trail_sale ON trail (sale);
