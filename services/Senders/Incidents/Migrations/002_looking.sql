-- What has no answer is looked for though nobody asks again.
ALTER TABLE intents
    -- Where an impact's incident is; null in rows that are older than this column.
    ADD COLUMN path text,
    -- Who looks for it holds this lease; lease_until is that of who asks for it.
    ADD COLUMN look_until timestamptz NOT NULL DEFAULT '-infinity',
    ADD COLUMN next_look_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN looks integer NOT NULL DEFAULT 0,
    -- At the last look the grant lacked the right to look.
    ADD COLUMN is_forbidden boolean NOT NULL DEFAULT false,
    -- Found while nobody asked: who sends it again is to get this answer, and not a second one made.
    ADD COLUMN awaits_caller boolean NOT NULL DEFAULT false;

-- absent: looked for when all had settled, and not there. Sent again it is looked for once more, and then made.
ALTER TABLE intents DROP CONSTRAINT intents_state_check;
ALTER TABLE intents ADD CONSTRAINT intents_state_check CHECK (state IN ('open', 'absent', 'done'));

CREATE INDEX intents_to_look_for ON intents (next_look_at) WHERE state = 'open';
DROP INDEX intents_by_hash;
CREATE INDEX intents_by_hash ON intents (connection, request_hash);
