-- What version 2 adds: redelivery, parking, pause.

-- The key a dead letter blocks, or waits under.
ALTER TABLE dead_letter ADD COLUMN parked_key text COLLATE "C";
CREATE INDEX dead_letter_parked ON dead_letter (parked_key, id) WHERE state = 'parked';

-- One row per key with an unfinished failure; empty in normal life. Entered by ingest with the dead letter that blocks the key; who appends
-- a follower or takes the next one locks the row; it goes when the last follower is through. A crash leaves it to the next pass.
CREATE TABLE parking (
    dead_letter_id bigint NOT NULL UNIQUE REFERENCES dead_letter,
    due_at         timestamptz,          -- null: redelivered often enough, waits for an operator
    key            text COLLATE "C" PRIMARY KEY
);
CREATE INDEX parking_due ON parking (due_at);

-- When a topic was not ingested, on whose word and why; the row without an end holds every instance. Entered by an operator or the brake, ended
-- by an operator, never deleted: it is the record of who did what.
CREATE TABLE pause (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    paused_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    resumed_at    timestamptz,
    topic         text NOT NULL,
    paused_by     text NOT NULL,
    reason        text NOT NULL,
    resumed_by    text,
    resume_reason text
);
CREATE UNIQUE INDEX one_pause_at_a_time ON pause (topic) WHERE resumed_at IS NULL;
