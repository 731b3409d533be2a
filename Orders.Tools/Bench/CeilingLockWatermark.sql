SELECT epoch, position, last_offset, last_timestamp, last_hash
FROM watermark
WHERE group_id = $1 AND topic = $2 AND partition = $3
FOR UPDATE;
