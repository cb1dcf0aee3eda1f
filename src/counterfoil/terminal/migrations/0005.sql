-- The till's keys of sales that left for the archive, each as 63 bits of its SHA-256: a repeat is never sold again.
CREATE TABLE archived_key (
  fingerprint bigint NOT NULL PRIMARY KEY
);
