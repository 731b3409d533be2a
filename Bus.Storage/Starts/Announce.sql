-- A row that is still there was left by a crash, unless it is this process's own. What a crash left behind the watermark says nothing any more. A record
-- that was alone stays marked, and nobody has marked it once more by finding it.
INSERT INTO partition_start AS left_behind (group_id, topic, partition, epoch, position, starts, owner)
VALUES ($1, $2, $3, $4, $5, 1, $6)
ON CONFLICT (group_id, topic, partition) DO UPDATE
SET starts = CASE
        WHEN left_behind.epoch = EXCLUDED.epoch AND left_behind.owner <> EXCLUDED.owner AND left_behind.alone_offset >= EXCLUDED.position
        THEN left_behind.starts
        WHEN left_behind.epoch <> EXCLUDED.epoch OR left_behind.position <> EXCLUDED.position THEN 1
        WHEN left_behind.owner = EXCLUDED.owner THEN left_behind.starts
        ELSE left_behind.starts + 1
    END,
    alone_offset = CASE
        WHEN left_behind.epoch = EXCLUDED.epoch AND left_behind.owner <> EXCLUDED.owner AND left_behind.alone_offset >= EXCLUDED.position
        THEN left_behind.alone_offset
    END,
    epoch = EXCLUDED.epoch,
    position = EXCLUDED.position,
    owner = EXCLUDED.owner,
    started_at = clock_timestamp()
RETURNING starts, alone_offset;
