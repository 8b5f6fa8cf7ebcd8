-- A tenant that was deleted: its name and external id are gone, its row stays for the connections that it had.
ALTER TABLE tenants ADD COLUMN deleted_at timestamptz;

-- Four characters of a key are shown, its first ones; last4 is not written any more.
ALTER TABLE ingest_keys
    ADD COLUMN prefix text NOT NULL DEFAULT '',
    ADD COLUMN last_used_at timestamptz,
    ALTER COLUMN last4 SET DEFAULT '';

-- Rows stay after their revocation: who made and who revoked what is part of the record.
CREATE TABLE partner_credentials (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('read', 'manage')),
    hash text NOT NULL UNIQUE,
    prefix text NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    last_used_at timestamptz,
    revoked_at timestamptz,
    revoked_by text);

-- Times are the database's: hosts' clocks differ.
CREATE TABLE idempotency_keys (
    credential text NOT NULL,
    path text NOT NULL,
    key_hash text NOT NULL,
    request_hash text NOT NULL,
    -- Of the request that is being done; until then nobody else does it.
    holder uuid NOT NULL,
    claimed_until timestamptz NOT NULL,
    -- Sealed under the vault's key: it may hold a secret that is shown once.
    answer bytea,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (credential, path, key_hash));
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);

-- What no statement of ours does is refused here too, should one ever be wrong (security 43).
CREATE FUNCTION tenant_must_live() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The lock makes this wait for a deletion under way, and a deletion for this.
    PERFORM FROM tenants WHERE id = NEW.tenant AND deleted_at IS NULL FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE foreign_key_violation USING MESSAGE = 'There is no such tenant, or it was deleted.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER connections_of_live_tenants BEFORE INSERT ON connections
    FOR EACH ROW EXECUTE FUNCTION tenant_must_live();
CREATE TRIGGER attempts_of_live_tenants BEFORE INSERT ON attempts
    FOR EACH ROW EXECUTE FUNCTION tenant_must_live();
CREATE TRIGGER connect_sessions_of_live_tenants BEFORE INSERT ON connect_sessions
    FOR EACH ROW EXECUTE FUNCTION tenant_must_live();

CREATE FUNCTION tenant_is_for_good() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE check_violation USING MESSAGE = 'A connection stays with its tenant.';
END $$;
CREATE TRIGGER connections_stay BEFORE UPDATE ON connections
    FOR EACH ROW WHEN (OLD.tenant IS DISTINCT FROM NEW.tenant) EXECUTE FUNCTION tenant_is_for_good();

-- Two connections of one tenant may become one, and their keys with them.
CREATE FUNCTION key_stays_with_tenant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT tenant FROM connections WHERE id = OLD.connection)
        IS DISTINCT FROM (SELECT tenant FROM connections WHERE id = NEW.connection) THEN
        RAISE check_violation USING MESSAGE = 'An ingest key stays with its tenant.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ingest_keys_stay BEFORE UPDATE ON ingest_keys
    FOR EACH ROW WHEN (OLD.connection IS DISTINCT FROM NEW.connection) EXECUTE FUNCTION key_stays_with_tenant();
