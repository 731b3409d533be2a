UPDATE partition_start
SET position = $5, alone_offset = $6, starts = $7
WHERE group_id = $1 AND topic = $2 AND partition = $3 AND owner = $4;
