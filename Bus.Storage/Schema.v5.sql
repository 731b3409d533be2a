-- What Bus.Storage's version 5 adds: ranges of a topic that are run through ingest again, and what a log is known by.

-- A range of a topic that was run through ingest again, on whose word. Entered by an operator, ended by itself or by an operator, never deleted:
-- it tells which versions of orders no record made for the first time.
CREATE TABLE reprocess (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    started_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at     timestamptz,
    forced       boolean NOT NULL,
    group_id     text NOT NULL,
    topic        text NOT NULL,
    state        text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'failed', 'cancelled')),
    requested_by text NOT NULL,
    problem      text,
    CONSTRAINT ended_has_its_time CHECK ((state = 'running') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX one_reprocess_at_a_time ON reprocess (topic) WHERE state = 'running';

-- What such a job does in one partition. Position and counts move in the transaction that has the effect: whoever goes on after a crash does
-- nothing twice.
CREATE TABLE reprocess_range (
    reprocess_id bigint NOT NULL REFERENCES reprocess,
    first_offset bigint NOT NULL,
    next_offset  bigint NOT NULL,        -- exclusive
    position     bigint NOT NULL,        -- everything below is done
    stored       bigint NOT NULL DEFAULT 0,
    duplicate    bigint NOT NULL DEFAULT 0,
    superseded   bigint NOT NULL DEFAULT 0,
    removed      bigint NOT NULL DEFAULT 0,
    ignored      bigint NOT NULL DEFAULT 0,
    parked       bigint NOT NULL DEFAULT 0,
    dead         bigint NOT NULL DEFAULT 0,
    absent       bigint NOT NULL DEFAULT 0,
    partition    int NOT NULL,
    epoch        int NOT NULL,
    PRIMARY KEY (reprocess_id, partition),
    CHECK (first_offset <= position AND position <= next_offset),
    CONSTRAINT every_offset_done_has_one_outcome CHECK (
        position - first_offset = stored + duplicate + superseded + removed + ignored + parked + dead + absent)
);

-- A dead letter whose first attempt is a reprocess is counted in no range of the inbox: ingest had accounted for its record as something else.
ALTER TABLE dead_letter_attempt
    DROP CONSTRAINT dead_letter_attempt_kind_check,
    ADD CONSTRAINT dead_letter_attempt_kind_check CHECK (kind IN ('ingest', 'redelivery', 'replay', 'reprocess'));

-- A record that was accounted for when the log was last seen to be the one that is read; the last one may be of another log already.
ALTER TABLE watermark
    ADD COLUMN known_offset bigint,
    ADD COLUMN known_timestamp bigint,
    ADD COLUMN known_hash bytea;
