SELECT partition, epoch, position, last_offset, last_timestamp, last_hash
FROM watermark
WHERE group_id = $1 AND topic = $2 AND partition = ANY ($3)
ORDER BY partition
FOR UPDATE;
