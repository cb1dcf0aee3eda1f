-- Which transaction a kind refers to, what was told of a card's balances, and an inquiry that nobody answered (nothing
-- is owed for it). A kind without an amount has 0.
CREATE TABLE attempt_of_kinds (
  terminal            text   NOT NULL,
  batch               text   NOT NULL,
  stan                text   NOT NULL,
  merchant            text   NOT NULL,
  amount              bigint NOT NULL CHECK (amount BETWEEN 0 AND 999999999999),
  currency            text   NOT NULL,
  card                text   NOT NULL,
  last4               text   NOT NULL,
  pan                 bytea  NOT NULL,
  entry               text   NOT NULL,
  state               text   NOT NULL CHECK (state = 'sent' OR state = 'approved' OR state = 'closed' OR state = 'declined'
                                    OR state = 'not_sent' OR state = 'reversing' OR state = 'reversed'
                                    OR state = 'escalated' OR state = 'lapsed'),
  started_at          bigint NOT NULL,
  updated_at          bigint NOT NULL,
  due                 bigint NOT NULL,
  response_code       text   NOT NULL,
  rrn                 text   NOT NULL,
  auth_code           text   NOT NULL,
  till_key            text   NOT NULL,
  content             text   NOT NULL,
  retry_of            text   NOT NULL,
  root                text   NOT NULL,
  linked              bigint NOT NULL,
  reason              text   NOT NULL,
  tries               bigint NOT NULL,
  merchant_copy       text   NOT NULL,
  cardholder_copy     text   NOT NULL,
  copies_sent         bigint NOT NULL,
  case_number         text   NOT NULL,
  operator            text   NOT NULL,
  cause               text   NOT NULL,
  merchant_original   bigint NOT NULL, -- which print may be its ORIGINAL (0: none can be; -1: the e-receipt is)
  cardholder_original bigint NOT NULL,
  trouble             text   NOT NULL,
  bank_copy           text   NOT NULL,
  bank_original       bigint NOT NULL,
  place               bigint NOT NULL, -- in the trail; -1: no line tells of it
  kind                text   NOT NULL,
  original            text   NOT NULL, -- TERMINAL/BATCH/STAN, '' for none
  balances            text   NOT NULL, -- DE54 as it came
  PRIMARY KEY (terminal, batch, stan)
);
INSERT INTO attempt_of_kinds
  (terminal, batch, stan, merchant, amount, currency, card, last4, pan, entry, state, started_at, updated_at, due,
   response_code, rrn, auth_code, till_key, content, retry_of, root, linked, reason, tries, merchant_copy,
   cardholder_copy, copies_sent, case_number, operator, cause, merchant_original, cardholder_original, trouble,
   bank_copy, bank_original, place, kind, original, balances)
  SELECT terminal, batch, stan, merchant, amount, currency, card, last4, pan, entry, state, started_at, updated_at, due,
    response_code, rrn, auth_code, till_key, content, retry_of, root, linked, reason, tries, merchant_copy,
    cardholder_copy, copies_sent, case_number, operator, cause, merchant_original, cardholder_original, trouble,
    bank_copy, bank_original, place, kind, '', ''
  FROM attempt;
DROP TABLE attempt;
ALTER TABLE attempt_of_kinds RENAME TO attempt;
CREATE UNIQUE INDEX attempt_key ON attempt (till_key) WHERE till_key <> '';
CREATE INDEX attempt_root ON attempt (root) WHERE root <> '';
CREATE INDEX attempt_open ON attempt (state)
  WHERE state <> 'closed' AND state <> 'declined' AND state <> 'not_sent' AND state <> 'reversed'
    AND state <> 'lapsed';
CREATE INDEX attempt_rrn ON attempt (rrn) WHERE rrn <> '';
CREATE INDEX attempt_auth_code ON attempt (auth_code) WHERE auth_code <> '';
CREATE INDEX attempt_last4 ON attempt (last4, amount);
CREATE INDEX attempt_started ON attempt (terminal, started_at);
CREATE INDEX attempt_original ON attempt (original) WHERE original <> '';
