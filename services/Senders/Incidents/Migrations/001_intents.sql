-- What was asked of Datadog. A row is here before the call is made, so that a call whose answer was lost can be told
-- from one that was never made.
CREATE TABLE intents (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection text NOT NULL,
    -- Stands in what is created, and finds it again.
    marker text NOT NULL UNIQUE,
    operation text NOT NULL,
    -- Hash of the caller's Idempotency-Key; null without one.
    key_hash text,
    request_hash text NOT NULL,
    -- open: no answer yet; who holds the lease is asking. done: answered 2xx. Refused ones are deleted.
    state text NOT NULL CHECK (state IN ('open', 'done')),
    lease_until timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    called_at timestamptz NOT NULL DEFAULT now(),
    calls integer NOT NULL DEFAULT 1,
    settled_at timestamptz,
    status integer,
    content_type text,
    answer bytea);
CREATE INDEX intents_by_key ON intents (connection, key_hash) WHERE key_hash IS NOT NULL;
CREATE INDEX intents_by_hash ON intents (connection, request_hash) WHERE state = 'open';
CREATE INDEX intents_by_connection ON intents (connection, id);
