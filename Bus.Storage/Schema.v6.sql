-- What Bus.Storage's version 6 adds: how a crash is told from a stop.

-- One row per partition that an instance works on. Entered before its first batch is worked on; gone when the partition is given up in order. One
-- that is found there was left by a crash.
CREATE TABLE partition_start (
    position     bigint NOT NULL,        -- where the watermark stood
    alone_offset bigint,                 -- the record that was worked on alone; null where none was
    started_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    partition    int    NOT NULL,
    epoch        int    NOT NULL,
    starts       int    NOT NULL CHECK (starts >= 1),  -- how many in a row found the watermark there
    owner        uuid   NOT NULL,        -- which process; no other one takes the row away
    group_id     text   NOT NULL,
    topic        text   NOT NULL,
    PRIMARY KEY (group_id, topic, partition)
);
