SELECT epoch, position, last_offset, last_timestamp, last_hash
FROM watermark
WHERE group_id = 'bench' AND topic = 'orders' AND partition = $1
FOR UPDATE;
