-- A range whose watermark stands elsewhere finds no partition; the column refuses that, and nothing of the transaction stays.
-- An epoch's log is known by the last record of its first batch, until a look at it recognises a later one.
WITH moved AS (
    UPDATE watermark
    SET position = $6,
        last_offset = COALESCE($7, last_offset),
        last_timestamp = COALESCE($8, last_timestamp),
        last_hash = COALESCE($9, last_hash),
        known_offset = COALESCE(known_offset, $7),
        known_timestamp = COALESCE(known_timestamp, $8),
        known_hash = COALESCE(known_hash, $9)
    WHERE group_id = $1 AND topic = $2 AND partition = $3 AND epoch = $4 AND position = $5
    RETURNING partition
)
INSERT INTO inbox (
    group_id, topic, partition, epoch, first_offset, next_offset,
    stored, duplicate, superseded, removed, ignored, dead, absent, lost, parked, redelivering)
VALUES ($1, $2, (SELECT partition FROM moved), $4, $5, $6, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19);
