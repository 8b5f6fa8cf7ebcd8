-- A connect session that comes to no end has no connection; its event names the session.
ALTER TABLE events ALTER COLUMN connection DROP NOT NULL;

CREATE FUNCTION tell_tenant(whose text, about text, event_type text, facts jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE added events;
BEGIN
    INSERT INTO events (id, tenant, connection, type, occurred_at, data)
    SELECT 'evt_' || replace(gen_random_uuid()::text, '-', ''), t.id, about, event_type, clock_timestamp(),
        facts || jsonb_build_object('tenant', t.id, 'external_id', t.external_id)
    FROM tenants t WHERE t.id = whose
    RETURNING * INTO added;
    INSERT INTO webhook_deliveries (webhook, position, tenant, next_attempt_at)
    SELECT w.id, added.position, added.tenant, added.occurred_at
    FROM webhooks w WHERE w.types = '{}' OR event_type = ANY (w.types);
END $$;

CREATE OR REPLACE FUNCTION add_event(of connections, event_type text, more jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell_tenant(of.tenant, of.id, event_type, jsonb_build_object(
        'connection', of.id, 'state', of.state, 'reason', of.reason, 'site', of.site, 'org', of.org) || more);
END $$;

-- The browser never came back, so no page told anybody: the partner's backend hears of it.
CREATE FUNCTION connect_session_abandoned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- As for connections: a tenant's events commit in the order of their positions.
    PERFORM pg_advisory_xact_lock(hashtextextended('events of ' || new.tenant, 0));
    PERFORM tell_tenant(new.tenant, new.connection, 'connect_session.abandoned', jsonb_build_object(
        'session', new.id, 'connection', new.connection, 'state', new.state, 'reason', new.reason));
    RETURN NULL;
END $$;

CREATE TRIGGER connect_sessions_abandoned AFTER UPDATE ON connect_sessions FOR EACH ROW
    WHEN (new.state = 'abandoned' AND old.state <> 'abandoned') EXECUTE FUNCTION connect_session_abandoned();
