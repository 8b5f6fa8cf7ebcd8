-- Dead letters that are sent again, job by job. A batch of letters becomes segments, moves the job's position and is
-- marked in one transaction, so that whoever goes on after a crash neither loses nor doubles one.
CREATE TABLE replays (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'paused', 'canceled', 'done')),
    -- Which letters: null is any.
    ids bigint[],
    reason text,
    from_at timestamptz,
    to_at timestamptz,
    -- All up to position are dealt with; none after until_id belongs to it, so what dies again is not its own.
    position bigint NOT NULL DEFAULT 0,
    until_id bigint NOT NULL,
    total bigint NOT NULL,
    replayed bigint NOT NULL DEFAULT 0,
    refused_expired bigint NOT NULL DEFAULT 0,
    refused_future bigint NOT NULL DEFAULT 0,
    -- Of an Idempotency-Key and of the request that came with it.
    key_hash bytea,
    request_hash bytea);
CREATE INDEX replays_by_connection ON replays (connection, id);
CREATE INDEX replays_running ON replays (id) WHERE state = 'running';
CREATE UNIQUE INDEX replays_by_key ON replays (connection, created_by, key_hash) WHERE key_hash IS NOT NULL;

-- The replay that it came from. Such segments go out when nothing else waits.
ALTER TABLE segments ADD COLUMN replay bigint;
CREATE INDEX segments_replayed ON segments (connection) WHERE replay IS NOT NULL;

-- Letters that are there no more and were not sent again.
CREATE TABLE letter_ends (
    connection text PRIMARY KEY,
    discarded bigint NOT NULL,
    aged_out bigint NOT NULL);

-- The last that Datadog took and the last that it did not, of all instances, a few seconds late.
CREATE TABLE delivery_trails (
    connection text PRIMARY KEY,
    success_at timestamptz,
    error_at timestamptz,
    error_class text,
    error_message text)
    WITH (fillfactor = 50);
