-- Each look at the intents finds what it asks for by one index, in its order, however much a connection ever asked.
DROP INDEX intents_by_hash;
CREATE INDEX intents_without_answer ON intents (connection, request_hash, id) WHERE state <> 'done' OR awaits_caller;
DROP INDEX intents_by_key;
CREATE INDEX intents_by_key ON intents (connection, key_hash, id) WHERE key_hash IS NOT NULL;
CREATE INDEX intents_to_forget ON intents (connection, settled_at) WHERE answer IS NOT NULL;
