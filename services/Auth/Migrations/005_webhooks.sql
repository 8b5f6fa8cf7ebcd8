-- What happened to connections, for partners' backends. Kept for some weeks, to be replayed.
CREATE TABLE events (
    id text PRIMARY KEY,
    position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    tenant text NOT NULL REFERENCES tenants,
    -- No reference: a connection that is merged into an older one goes.
    connection text NOT NULL,
    type text NOT NULL,
    data jsonb NOT NULL,
    occurred_at timestamptz NOT NULL);
CREATE INDEX events_age ON events (occurred_at);

CREATE TABLE webhooks (
    id uuid PRIMARY KEY,
    url text NOT NULL,
    -- Empty: all.
    types text[] NOT NULL,
    -- AES-256-GCM under the vault's sealing key; the old one signs too until its time is over.
    secret bytea NOT NULL,
    old_secret bytea,
    old_secret_until timestamptz,
    created_at timestamptz NOT NULL,
    -- First failure since the last success.
    failing_since timestamptz,
    disabled_at timestamptz,
    disabled_reason text);

CREATE TABLE webhook_deliveries (
    webhook uuid NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    position bigint NOT NULL REFERENCES events (position) ON DELETE CASCADE,
    tenant text NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL,
    lease_until timestamptz,
    last_attempt_at timestamptz,
    last_status integer,
    last_error text,
    PRIMARY KEY (webhook, position));
CREATE INDEX webhook_deliveries_line ON webhook_deliveries (webhook, tenant, position) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_attempt_at) WHERE state = 'pending';

CREATE FUNCTION add_event(of connections, event_type text, more jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE added events;
BEGIN
    INSERT INTO events (id, tenant, connection, type, occurred_at, data)
    SELECT 'evt_' || replace(gen_random_uuid()::text, '-', ''), of.tenant, of.id, event_type, clock_timestamp(),
        jsonb_build_object('connection', of.id, 'tenant', of.tenant, 'external_id', t.external_id, 'state', of.state,
            'reason', of.reason, 'site', of.site, 'org', of.org) || more
    FROM tenants t WHERE t.id = of.tenant
    RETURNING * INTO added;
    INSERT INTO webhook_deliveries (webhook, position, tenant, next_attempt_at)
    SELECT w.id, added.position, added.tenant, added.occurred_at
    FROM webhooks w WHERE w.types = '{}' OR event_type = ANY (w.types);
END $$;

-- A trigger, so that no way to change a state can forget its event, and both are one transaction.
CREATE FUNCTION connection_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Until the commit, one at a time for each tenant: its events commit in the order of their positions, and so
    -- nobody who has delivered one can find an earlier one afterwards.
    PERFORM pg_advisory_xact_lock(hashtextextended('events of ' || new.tenant, 0));
    IF old.site <> new.site THEN
        PERFORM add_event(new, 'connection.site_changed', jsonb_build_object('previous_site', old.site));
    END IF;
    IF (old.state, old.reason) IS DISTINCT FROM (new.state, new.reason) AND new.state <> 'pending' THEN
        PERFORM add_event(new, 'connection.' || new.state, jsonb_build_object('previous_state', old.state));
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER connections_changed AFTER UPDATE ON connections FOR EACH ROW
    WHEN ((old.state, old.reason, old.site) IS DISTINCT FROM (new.state, new.reason, new.site))
    EXECUTE FUNCTION connection_changed();
