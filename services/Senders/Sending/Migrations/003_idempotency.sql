-- Requests that came with an Idempotency-Key, and what they were answered: in the commit of their segments.
CREATE TABLE idempotency_keys (
    connection text NOT NULL,
    path text NOT NULL,
    key_hash text NOT NULL,
    -- SHA-256 of the query and the body, decompressed.
    request_hash bytea NOT NULL,
    status integer NOT NULL,
    content_type text NOT NULL,
    -- The body of a success, the words of a refusal.
    answer text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (connection, path, key_hash));
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
