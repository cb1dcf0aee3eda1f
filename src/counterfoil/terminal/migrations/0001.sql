-- Terminals registered here. The keys are sealed under this station's local master key.
CREATE TABLE device (
  terminal  text   NOT NULL PRIMARY KEY,
  merchant  text   NOT NULL,
  name      text   NOT NULL,
  operator  text   NOT NULL,
  tpdu      bytea  NOT NULL,
  header    bytea  NOT NULL,
  tmk       bytea  NOT NULL,
  tmk_kcv   bytea  NOT NULL,
  pik       bytea  NOT NULL,
  pik_kcv   bytea  NOT NULL,
  mak       bytea  NOT NULL,
  mak_kcv   bytea  NOT NULL,
  batch     text   NOT NULL,
  stan      bigint NOT NULL CHECK (stan BETWEEN 0 AND 999999),
  spent     text   NOT NULL
);

-- The station's own keys, sealed likewise: one for card number tokens, one for card numbers at rest.
CREATE TABLE own_key (
  usage text  NOT NULL PRIMARY KEY,
  blob  bytea NOT NULL,
  kcv   bytea NOT NULL
);

-- One row per attempt to sell. `pan` is encrypted, and empty when no reversal can be needed any more.
CREATE TABLE attempt (
  terminal        text   NOT NULL,
  batch           text   NOT NULL,
  stan            text   NOT NULL,
  merchant        text   NOT NULL,
  amount          bigint NOT NULL CHECK (amount BETWEEN 1 AND 999999999999),
  currency        text   NOT NULL,
  card            text   NOT NULL,
  last4           text   NOT NULL,
  pan             bytea  NOT NULL,
  entry           text   NOT NULL,
  state           text   NOT NULL CHECK (state IN ('sent', 'approved', 'closed', 'declined', 'not_sent', 'reversing',
                                                   'reversed', 'escalated')),
  started_at      bigint NOT NULL,
  updated_at      bigint NOT NULL,
  due             bigint NOT NULL,
  response_code   text   NOT NULL,
  rrn             text   NOT NULL,
  auth_code       text   NOT NULL,
  till_key        text   NOT NULL,
  content         text   NOT NULL,
  retry_of        text   NOT NULL,
  root            text   NOT NULL,
  linked          bigint NOT NULL,
  reason          text   NOT NULL,
  tries           bigint NOT NULL,
  merchant_copy   text   NOT NULL,
  cardholder_copy text   NOT NULL,
  copies_sent     bigint NOT NULL,
  case_number     text   NOT NULL,
  operator        text   NOT NULL,
  cause           text   NOT NULL,
  PRIMARY KEY (terminal, batch, stan)
);
CREATE UNIQUE INDEX attempt_key ON attempt (till_key) WHERE till_key <> '';
CREATE INDEX attempt_root ON attempt (root) WHERE root <> '';
CREATE INDEX attempt_open ON attempt (state) WHERE state IN ('sent', 'approved', 'reversing', 'escalated');
CREATE INDEX attempt_rrn ON attempt (rrn) WHERE rrn <> '';
CREATE INDEX attempt_last4 ON attempt (last4, amount);
CREATE INDEX attempt_started ON attempt (terminal, started_at);

-- What the slips of an approved sale say (facts, JSON); every copy in every language is rendered from it.
CREATE TABLE slip (
  terminal text NOT NULL,
  batch    text NOT NULL,
  stan     text NOT NULL,
  facts    text NOT NULL,
  PRIMARY KEY (terminal, batch, stan)
);

-- Append-only evidence: what happened, with the message it came from or went out as, masked.
CREATE TABLE trail (
  terminal text   NOT NULL,
  line     bigint NOT NULL,
  at       bigint NOT NULL,
  batch    text   NOT NULL,
  stan     text   NOT NULL,
  what     text   NOT NULL,
  message  text   NOT NULL,
  PRIMARY KEY (terminal, line)
);
CREATE INDEX trail_attempt ON trail (terminal, batch, stan);

-- What made a step fail, masked, for a person to look at.
CREATE TABLE quarantine (
  at       bigint NOT NULL,
  line     bigint NOT NULL,
  kind     text   NOT NULL,
  source   text   NOT NULL,
  reason   text   NOT NULL,
  detail   text   NOT NULL,
  PRIMARY KEY (at, line)
);
