-- The last point of each series of cumulative metrics: what the next one adds is the difference. It is in the commit of
-- the segments that the difference went into, so that nothing is counted twice or lost. Empty but in the metrics' schema.
CREATE TABLE series_points (
    connection text NOT NULL,
    -- A hash of all that makes up the series, and of its start.
    series bytea NOT NULL,
    -- Unix nanoseconds.
    started bigint NOT NULL,
    at bigint NOT NULL,
    -- When the point before it was; 0: there was none. A commit that does not follow on the point that is there fails.
    follows bigint NOT NULL CONSTRAINT series_points_follow CHECK (follows >= 0),
    point bytea NOT NULL,
    -- Changes once a day, so that most updates touch no index.
    day date NOT NULL DEFAULT current_date,
    PRIMARY KEY (connection, series))
    WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);
CREATE INDEX series_points_by_day ON series_points (day);

-- Of a series that began later than this and has no last point nothing was ever counted. Unix nanoseconds.
CREATE TABLE series_floors (
    connection text PRIMARY KEY,
    floor bigint NOT NULL);
