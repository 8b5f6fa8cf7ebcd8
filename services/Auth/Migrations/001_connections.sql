CREATE TABLE tenants (
    id text PRIMARY KEY,
    external_id text NOT NULL UNIQUE,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now());

CREATE TABLE connections (
    id text PRIMARY KEY,
    tenant text NOT NULL REFERENCES tenants,
    profile text NOT NULL,
    site text NOT NULL,
    -- As Datadog's server told it; never from the browser.
    org text,
    -- dd_org_name: came through a browser, for display only.
    org_name text,
    -- Owners in the vault: of the refresh token, and of the org's API key.
    token_owner text,
    key_owner text,
    key_id text,
    key_since timestamptz,
    scopes text[] NOT NULL DEFAULT '{}',
    state text NOT NULL,
    reason text,
    -- The API key is still to be found or made; the worker goes on where a process ended.
    setup_due boolean NOT NULL DEFAULT true,
    setup_until timestamptz,
    -- Version of the refresh token in the vault that the rest of this row belongs to.
    generation bigint NOT NULL DEFAULT 0,
    -- Sealed under the vault's key: losing Redis costs a read here, not a refresh at Datadog.
    sealed_token bytea,
    token_expires_at timestamptz,
    refreshed_at timestamptz,
    refresh_failures integer NOT NULL DEFAULT 0,
    last_used_at timestamptz,
    -- When the worker has to look at it next: refresh, set-up or clean-up.
    next_step_at timestamptz,
    disconnected_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now());

-- A tenant that connects the same org again finds its connection again.
CREATE UNIQUE INDEX connections_org ON connections (tenant, profile, org) WHERE org IS NOT NULL;
CREATE INDEX connections_next_step ON connections (next_step_at) WHERE next_step_at IS NOT NULL;

-- One attempt to refresh per connection and generation. Times are the database's: hosts' clocks differ.
CREATE TABLE refresh_leases (
    connection text PRIMARY KEY REFERENCES connections ON DELETE CASCADE,
    generation bigint NOT NULL,
    -- Null: nobody tries; lease_until is then the earliest time of the next attempt.
    holder text,
    lease_until timestamptz NOT NULL,
    -- Until then an attempt whose answer nobody has seen may have used the token up.
    undecided_until timestamptz);
