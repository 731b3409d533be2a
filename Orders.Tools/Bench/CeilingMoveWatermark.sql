UPDATE watermark
SET position = $4,
    last_offset = COALESCE($5, last_offset),
    last_timestamp = COALESCE($6, last_timestamp),
    last_hash = COALESCE($7, last_hash)
WHERE group_id = $1 AND topic = $2 AND partition = $3;
