-- Letters that are there no more because dead letters took more room than they may.
ALTER TABLE letter_ends
    ADD COLUMN trimmed bigint NOT NULL DEFAULT 0,
    ALTER COLUMN discarded SET DEFAULT 0,
    ALTER COLUMN aged_out SET DEFAULT 0;

-- What is removed makes room for others when it is vacuumed.
ALTER TABLE dead_letters SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
