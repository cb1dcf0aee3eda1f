-- The sales whose sealed card number is still here, the oldest first (keeping.py).
CREATE INDEX attempt_number ON attempt (started_at, rrn) WHERE length(pan) > 0;
