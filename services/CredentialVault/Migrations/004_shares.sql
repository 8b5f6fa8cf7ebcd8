-- A connection that was refused an org in use kept what its reservation had shared: the key of another's. A reservation
-- of this moment loses nothing, since attaching shares again.
DELETE FROM owner_connections c USING owners o
WHERE o.id = c.owner AND o.kind = 'org'
    AND EXISTS (SELECT FROM connection_keys k WHERE k.owner = c.owner AND k.connection <> c.connection)
    AND NOT EXISTS (SELECT FROM connection_keys k WHERE k.owner = c.owner AND k.connection = c.connection);
