UPDATE watermark
SET position = $2, last_offset = $3, last_timestamp = $4, last_hash = $5
WHERE group_id = 'bench' AND topic = 'orders' AND partition = $1;
