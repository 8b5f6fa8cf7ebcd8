-- Where an answer repeats what was sent, only when it was made is kept: the repetition brings the same body, of which it
-- is made again as of then. Null: the answer stands there as it was.
ALTER TABLE idempotency_keys ADD COLUMN as_of timestamptz;
