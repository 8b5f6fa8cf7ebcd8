-- For intakes that answer 202 to a dead key: when it was last known to be valid, and what was sent since then.
CREATE TABLE key_checks (
    connection text PRIMARY KEY,
    valid_at timestamptz,
    -- What had been delivered then, by all instances.
    delivered bigint NOT NULL DEFAULT 0,
    suspect_from timestamptz,
    suspect_to timestamptz,
    -- Null while the key is dead: what was sent at the same time may not be settled yet.
    suspect_items bigint);
