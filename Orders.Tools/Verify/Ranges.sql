SELECT partition, epoch, first_offset, next_offset,
       stored, duplicate, superseded, removed, ignored, parked, redelivering, dead, absent, lost, expired
FROM inbox
WHERE group_id = $1 AND topic = $2
ORDER BY partition, epoch, first_offset, next_offset;
