CREATE TABLE ingest_keys (
    id uuid PRIMARY KEY,
    connection text NOT NULL REFERENCES connections,
    hash text NOT NULL UNIQUE,
    last4 text NOT NULL,
    strict boolean NOT NULL,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz,
    changed_version bigint NOT NULL);
CREATE INDEX ingest_keys_connection ON ingest_keys (connection);
CREATE INDEX ingest_keys_changed ON ingest_keys (changed_version);

-- A change takes its version from this one row in its own transaction. The row's lock makes versions commit in order,
-- so a reader who has seen version n can never miss a smaller one; a sequence would not promise that.
CREATE TABLE feed (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version bigint NOT NULL);
INSERT INTO feed (version) VALUES (0);
