-- A session outlives its link: the partner sees how each ended.
ALTER TABLE connect_sessions
    ADD COLUMN id text,
    -- The connection that is to be authorised again.
    ADD COLUMN connection text,
    -- Where the browser goes when all is done; one of the configured list.
    ADD COLUMN return_to text,
    ADD COLUMN state text NOT NULL DEFAULT 'open',
    ADD COLUMN reason text,
    -- The connection that came of it.
    ADD COLUMN result text,
    ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN ended_at timestamptz;
UPDATE connect_sessions SET
    id = 'cs_' || left(hash, 32),
    state = CASE WHEN used_at IS NULL THEN 'open' ELSE 'started' END;
ALTER TABLE connect_sessions ALTER COLUMN id SET NOT NULL;
CREATE UNIQUE INDEX connect_sessions_id ON connect_sessions (id);
CREATE INDEX connect_sessions_connection ON connect_sessions (coalesce(result, connection), created_at);
-- Few at a time: those whose end is still to be seen.
CREATE INDEX connect_sessions_unended ON connect_sessions (expires_at) WHERE ended_at IS NULL;

ALTER TABLE attempts
    ADD COLUMN session text,
    -- Bound to it: another org's or tenant's authorisation is refused.
    ADD COLUMN connection text;

ALTER TABLE connections
    -- Set while this row is only an authorisation that is to become the older connection's.
    ADD COLUMN reauthorizes text,
    -- What was tried after connecting, and how it went.
    ADD COLUMN probes jsonb,
    -- Why the last attempt to refresh came to nothing; the grant is not to blame.
    ADD COLUMN refresh_problem text;
