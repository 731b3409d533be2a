-- What Bus.Storage's version 2 adds: redelivery, parking, pause.

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
