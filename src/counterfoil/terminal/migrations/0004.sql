-- A sale is found by the approval code on its slip.
CREATE INDEX attempt_auth_code ON attempt (auth_code) WHERE auth_code <> '';
