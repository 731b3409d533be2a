-- The tables of Bus.Storage, version 1. Names are unqualified: the connection's search_path is the installation's schema.

-- The offset below which every record of a partition is accounted for.
CREATE TABLE watermark (
    position       bigint NOT NULL CHECK (position >= 0),
    last_timestamp bigint,               -- of the last accounted record, ms; null until an epoch's first record
    partition      int    NOT NULL,
    epoch          int    NOT NULL CHECK (epoch >= 1),
    group_id       text   NOT NULL,
    topic          text   NOT NULL,
    last_hash      bytea,                -- SHA-256 of that record's value
    last_offset    bigint,               -- that record's offset
    PRIMARY KEY (group_id, topic, partition)
) WITH (fillfactor = 50);

-- Accounted ranges of fetch positions. A range is written in the transaction that accounts for it and never changes.
CREATE TABLE inbox (
    first_offset bigint NOT NULL,
    next_offset  bigint NOT NULL,        -- exclusive
    stored       bigint NOT NULL DEFAULT 0,
    duplicate    bigint NOT NULL DEFAULT 0,
    superseded   bigint NOT NULL DEFAULT 0,
    removed      bigint NOT NULL DEFAULT 0,
    ignored      bigint NOT NULL DEFAULT 0,
    parked       bigint NOT NULL DEFAULT 0,
    redelivering bigint NOT NULL DEFAULT 0,
    dead         bigint NOT NULL DEFAULT 0,
    absent       bigint NOT NULL DEFAULT 0,  -- offsets that hold no record: compaction, transaction markers
    lost         bigint NOT NULL DEFAULT 0,  -- offsets the broker deleted before they were read
    accounted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    partition    int    NOT NULL,
    epoch        int    NOT NULL,
    group_id     text   NOT NULL,
    topic        text   NOT NULL,
    PRIMARY KEY (group_id, topic, partition, epoch, first_offset),
    CONSTRAINT every_offset_has_one_outcome CHECK (
        next_offset - first_offset
        = stored + duplicate + superseded + removed + ignored + parked + redelivering + dead + absent + lost)
);

-- Events written with the change they tell of. A row goes when the target confirmed it.
CREATE TABLE outbox (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sequence    bigint NOT NULL CHECK (sequence >= 1),   -- the version of the key's state after the change
    occurred_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    lane        smallint NOT NULL,
    key         text COLLATE "C" NOT NULL,
    type        text NOT NULL,
    payload     bytea,                   -- null where the change removed the state
    traceparent text
);

-- Records that cannot be stored, byte for byte. Entered by ingest; left by replay (resolved) or an operator (dismissed), never deleted before.
CREATE TABLE dead_letter (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    record_offset    bigint NOT NULL,
    record_timestamp bigint NOT NULL,    -- ms since 1970, as the record carried it
    byte_position    bigint,             -- where in the value the error was seen
    recorded_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    resolved_at      timestamptz,
    partition        int    NOT NULL,
    epoch            int    NOT NULL,
    group_id         text   NOT NULL,
    topic            text   NOT NULL,
    state            text   NOT NULL CHECK (state IN ('redelivering', 'dead', 'replaying', 'resolved', 'dismissed', 'parked')),
    reason           text   NOT NULL,    -- a stable code
    sentence         text   NOT NULL,    -- the reason for a person
    json_path        text,
    exception        text,
    key              bytea,
    value            bytea,
    header_names     text[]  NOT NULL DEFAULT '{}',
    header_values    bytea[] NOT NULL DEFAULT '{}',
    CONSTRAINT one_dead_letter_per_record UNIQUE (group_id, topic, epoch, partition, record_offset),
    CONSTRAINT resolved_has_its_time CHECK ((state = 'resolved') = (resolved_at IS NOT NULL))
);
CREATE INDEX dead_letter_newest ON dead_letter (state, id DESC);

CREATE TABLE dead_letter_attempt (
    dead_letter_id bigint NOT NULL REFERENCES dead_letter ON DELETE CASCADE,
    attempted_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    number         int  NOT NULL CHECK (number >= 1),
    kind           text NOT NULL CHECK (kind IN ('ingest', 'redelivery', 'replay')),
    outcome        text NOT NULL,        -- the word of the account: dead, stored, duplicate, superseded, removed, ignored
    reason         text,
    sentence       text,
    actor          text,                 -- who asked for a replay; null where nobody did
    PRIMARY KEY (dead_letter_id, number)
);
