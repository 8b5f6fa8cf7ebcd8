-- Made by the partner's backend; says which tenant is connecting. Only hashes of what browsers hold are kept.
CREATE TABLE connect_sessions (
    hash text PRIMARY KEY,
    tenant text NOT NULL REFERENCES tenants,
    profile text NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz);

-- What the tile said when it sent the browser here; found again by that browser's cookie.
CREATE TABLE tile_entries (
    hash text PRIMARY KEY,
    domain text,
    authorize_host text NOT NULL,
    expires_at timestamptz NOT NULL);

CREATE TABLE attempts (
    cookie_hash text PRIMARY KEY,
    state_hash text NOT NULL,
    tenant text NOT NULL REFERENCES tenants,
    profile text NOT NULL,
    -- AES-256-GCM under the vault's sealing key.
    sealed_verifier bytea NOT NULL,
    -- Null: any registry site (security 22).
    expected_domain text,
    authorize_host text NOT NULL,
    redirect_uri text NOT NULL,
    created_at timestamptz NOT NULL,
    consumed_at timestamptz);
CREATE INDEX attempts_age ON attempts (created_at);
