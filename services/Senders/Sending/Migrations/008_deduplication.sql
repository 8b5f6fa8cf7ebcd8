-- Requests that were stored within the last minute, so that one that comes again byte for byte is not: in the commit of
-- their segments. Empty but in the traces' schema.
CREATE TABLE deduplication_ids (
    connection text NOT NULL,
    -- The first 128 bits of a SHA-256 of the request.
    id bytea NOT NULL,
    -- A commit that brings an id again within its minute sets null, and so fails.
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (connection, id))
    WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
CREATE INDEX deduplication_ids_by_age ON deduplication_ids (created_at);
