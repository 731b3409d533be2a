SELECT group_id, partition, epoch, position
FROM watermark
WHERE topic = $1
ORDER BY group_id, partition;
