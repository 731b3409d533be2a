UPDATE watermark
SET position = $4,
    last_offset = COALESCE($5, last_offset),
    last_timestamp = COALESCE($6, last_timestamp),
    last_hash = COALESCE($7, last_hash),
    known_offset = COALESCE(known_offset, $5),
    known_timestamp = COALESCE(known_timestamp, $6),
    known_hash = COALESCE(known_hash, $7)
WHERE group_id = $1 AND topic = $2 AND partition = $3;
