-- Ticks are reserved ahead, so that a start need not look for the highest one in all that ever happened.
CREATE TABLE reserved (
    what text NOT NULL PRIMARY KEY,
    up_to bigint NOT NULL
);
INSERT INTO reserved (what, up_to) SELECT 'tick', coalesce(max(tick), 0) FROM (
    SELECT max(tick) AS tick FROM trail UNION ALL SELECT max(tick) FROM alarm UNION ALL SELECT max(tick) FROM quarantine
) AS given;

-- Evidence is looked for by its attempt, so that leads its key. What the switch said in the same breath lies in the row
-- of what it heard: `tick` is then when it said it, `then_after` how many ticks it had heard before that. Lines of
-- before, each in a row of its own, stay as they are.
CREATE TABLE trail_by_attempt (
    tick bigint NOT NULL,
    rrn text NOT NULL,
    terminal text NOT NULL,
    what text NOT NULL,
    leg text NOT NULL,
    message text NOT NULL,
    then_after bigint NOT NULL DEFAULT 0,
    then_what text NOT NULL DEFAULT '',
    then_leg text NOT NULL DEFAULT '',
    then_message text NOT NULL DEFAULT '',
    PRIMARY KEY (rrn, tick)
);
INSERT INTO trail_by_attempt (tick, rrn, terminal, what, leg, message)
    SELECT tick, rrn, terminal, what, leg, message FROM trail ORDER BY tick;
DROP TABLE trail;
ALTER TABLE trail_by_attempt RENAME TO trail;
