-- A client token stands in the source of a page. It appends browser logs from these origins, and does nothing else.
ALTER TABLE ingest_keys
    ADD COLUMN kind text NOT NULL DEFAULT 'api_key' CHECK (kind IN ('api_key', 'client_token')),
    ADD COLUMN origins text[] NOT NULL DEFAULT '{}',
    ADD CONSTRAINT ingest_keys_origins CHECK ((kind = 'client_token') = (cardinality(origins) > 0));
