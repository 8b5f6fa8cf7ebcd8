-- The outbox of one sender. A commit here is what a 202 stands for.

-- Ids are handed out in memory from blocks of 100,000, so that an append needs no answer to know them.
CREATE SEQUENCE segment_ids INCREMENT BY 100000;

-- One row per running instance. Leases are measured by this database's clock alone.
CREATE TABLE instances (
    epoch bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    lease_until timestamptz NOT NULL);

CREATE TABLE segments (
    id bigint PRIMARY KEY,
    epoch bigint NOT NULL,
    connection text NOT NULL,
    variant text NOT NULL,
    items integer NOT NULL,
    raw_bytes integer NOT NULL,
    oldest_at bigint NOT NULL,
    accepted_at timestamptz NOT NULL,
    links text NOT NULL,
    possible_duplicates integer NOT NULL DEFAULT 0,
    quarantined_at timestamptz,
    checksum integer NOT NULL,
    body bytea NOT NULL)
    WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);
-- Compressed already; Postgres would only try again.
ALTER TABLE segments ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX segments_by_lane ON segments (connection, epoch, id);
CREATE INDEX segments_by_epoch ON segments (epoch, id);

CREATE TABLE dead_letters (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    reason text NOT NULL,
    detail text NOT NULL,
    variant text NOT NULL,
    item_at bigint NOT NULL,
    item bytea NOT NULL,
    replayed_at timestamptz);
CREATE INDEX dead_letters_by_connection ON dead_letters (connection, id);

-- Counters, one row per connection and instance, and one table for each of the two loops that write: neither
-- instances nor loops wait for each other's row. Rows of ended instances are folded into epoch 0.
CREATE TABLE accepted (
    connection text NOT NULL,
    epoch bigint NOT NULL,
    items bigint NOT NULL,
    dead_lettered bigint NOT NULL,
    PRIMARY KEY (connection, epoch))
    WITH (fillfactor = 50);
CREATE INDEX accepted_by_epoch ON accepted (epoch);

CREATE TABLE settled (
    connection text NOT NULL,
    epoch bigint NOT NULL,
    delivered bigint NOT NULL,
    dead_lettered bigint NOT NULL,
    possible_duplicates bigint NOT NULL,
    replayed bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (connection, epoch))
    WITH (fillfactor = 50);
CREATE INDEX settled_by_epoch ON settled (epoch);
