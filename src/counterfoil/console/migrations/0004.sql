-- Browsers in which somebody was let in before: strangers who guess do not lock them out.
CREATE TABLE device (
    token text NOT NULL,              -- SHA-256 of what the browser holds
    person text NOT NULL REFERENCES person (name),
    seen_at bigint NOT NULL,
    PRIMARY KEY (token, person)
);
CREATE INDEX device_person ON device (person, seen_at);
