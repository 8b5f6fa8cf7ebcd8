-- What a data key belongs to: a connection, a Datadog org of one OAuth client, or the vault's own audit.
-- The data key stands here wrapped by the key ring's version key_version. A shredded owner has none, for good.
CREATE TABLE owners (
    id text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('connection', 'org', 'audit')),
    client text,
    org text,
    -- For an org: the connection on whose behalf it was reserved; its audit chain tells the owner's story.
    connection text,
    state text NOT NULL DEFAULT 'reserved' CHECK (state IN ('reserved', 'active', 'shredded')),
    wrapped_key bytea,
    key_version integer,
    created_at timestamptz NOT NULL,
    shredded_at timestamptz,
    CHECK ((state = 'shredded') = (wrapped_key IS NULL)),
    CHECK ((wrapped_key IS NULL) = (key_version IS NULL)),
    CHECK (kind <> 'org' OR (client IS NOT NULL AND org IS NOT NULL)),
    CHECK (kind = 'audit' OR connection IS NOT NULL)
);

-- Partial: an org that comes back after its owner was shredded gets a new owner.
CREATE UNIQUE INDEX owners_org ON owners (client, org) WHERE kind = 'org' AND state <> 'shredded';
CREATE UNIQUE INDEX owners_connection ON owners (connection) WHERE kind = 'connection' AND state <> 'shredded';
CREATE UNIQUE INDEX owners_audit ON owners (kind) WHERE kind = 'audit';
CREATE INDEX owners_key_version ON owners (key_version, id);

-- Of an API key the newest version stays, of a refresh token also the one before (its late answer can be judged).
CREATE TABLE secrets (
    owner text NOT NULL REFERENCES owners (id),
    kind text NOT NULL CHECK (kind IN ('api-key', 'refresh-token')),
    version bigint NOT NULL CHECK (version > 0),
    key_id text,
    ciphertext bytea NOT NULL,
    stored_at timestamptz NOT NULL,
    PRIMARY KEY (owner, kind, version)
);

-- Whose API key a connection sends with.
CREATE TABLE connection_keys (
    connection text PRIMARY KEY,
    owner text NOT NULL REFERENCES owners (id),
    tenant text NOT NULL,
    attached_at timestamptz NOT NULL
);

CREATE INDEX connection_keys_owner ON connection_keys (owner);

-- One chain per connection: mac = HMAC(audit data key, mac of the record before || this record).
CREATE TABLE audit (
    connection text NOT NULL,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    event text NOT NULL,
    service text NOT NULL,
    actor text NOT NULL,
    details text NOT NULL,
    key_owner text NOT NULL,
    mac bytea NOT NULL,
    PRIMARY KEY (connection, seq)
);

-- The end of each chain, itself under a mac, so that a chain cut short shows.
CREATE TABLE audit_heads (
    connection text PRIMARY KEY,
    seq bigint NOT NULL,
    mac bytea NOT NULL,
    head_mac bytea NOT NULL
);

-- Append-only for the service too: it owns neither the tables nor the right to change what is written.
REVOKE UPDATE, DELETE, TRUNCATE ON audit FROM vault;
REVOKE DELETE, TRUNCATE ON audit_heads FROM vault;
REVOKE DELETE, TRUNCATE ON owners FROM vault;
