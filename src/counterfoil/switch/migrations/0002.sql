-- Attempts that left for the archive: enough to know their keys again.
CREATE TABLE archived (
    terminal text NOT NULL,
    batch text NOT NULL,
    stan text NOT NULL,
    state text NOT NULL,
    PRIMARY KEY (terminal, batch, stan)
);
