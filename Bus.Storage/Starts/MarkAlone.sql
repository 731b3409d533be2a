-- A record that is marked for the first time is where counting begins: how many starts find it so.
UPDATE partition_start
SET starts = CASE WHEN $5 IS NULL OR alone_offset = $5 THEN starts ELSE 1 END,
    position = COALESCE($5, position),
    alone_offset = $5
WHERE group_id = $1 AND topic = $2 AND partition = $3 AND owner = $4;
