-- On whose behalf an owner's secrets may be read and written: the connections that it was reserved for or attached to.
-- A token names one connection, and reaches the owners of that one alone.
CREATE TABLE owner_connections (
    owner text NOT NULL REFERENCES owners (id),
    connection text NOT NULL,
    PRIMARY KEY (owner, connection)
);

CREATE INDEX owner_connections_connection ON owner_connections (connection);

INSERT INTO owner_connections (owner, connection)
SELECT id, connection FROM owners WHERE connection IS NOT NULL
UNION
SELECT owner, connection FROM connection_keys;
