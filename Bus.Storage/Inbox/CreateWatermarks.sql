-- Only what is not there is inserted: an insert beside a row that another instance is just moving waits for it, and a frozen one moves nothing. The
-- rebalance would wait with it, and every partition of this instance.
INSERT INTO watermark (group_id, topic, partition, epoch, position)
SELECT $1, $2, partition, 1, low FROM unnest($3, $4) AS assigned (partition, low)
WHERE NOT EXISTS (
    SELECT 1 FROM watermark AS known WHERE known.group_id = $1 AND known.topic = $2 AND known.partition = assigned.partition)
ON CONFLICT DO NOTHING;
