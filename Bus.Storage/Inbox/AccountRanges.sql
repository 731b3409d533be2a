-- An epoch's log is known by the last record of its first batch, until a look at it recognises a later one.
WITH accounted AS (
    SELECT *
    FROM unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
        AS accounted (
            partition, epoch, first_offset, next_offset, last_offset, last_timestamp, last_hash,
            stored, duplicate, superseded, removed, ignored, dead, absent, lost, parked, redelivering)
), moved AS (
    UPDATE watermark
    SET position = accounted.next_offset,
        last_offset = COALESCE(accounted.last_offset, watermark.last_offset),
        last_timestamp = COALESCE(accounted.last_timestamp, watermark.last_timestamp),
        last_hash = COALESCE(accounted.last_hash, watermark.last_hash),
        known_offset = COALESCE(known_offset, accounted.last_offset),
        known_timestamp = COALESCE(known_timestamp, accounted.last_timestamp),
        known_hash = COALESCE(known_hash, accounted.last_hash)
    FROM accounted
    WHERE group_id = $1 AND topic = $2 AND watermark.partition = accounted.partition
)
INSERT INTO inbox (
    group_id, topic, partition, epoch, first_offset, next_offset,
    stored, duplicate, superseded, removed, ignored, dead, absent, lost, parked, redelivering)
SELECT $1, $2, partition, epoch, first_offset, next_offset,
    stored, duplicate, superseded, removed, ignored, dead, absent, lost, parked, redelivering
FROM accounted;
