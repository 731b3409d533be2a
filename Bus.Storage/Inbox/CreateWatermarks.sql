-- Only what is not there is inserted: an insert beside a row that another instance is just moving waits for it, and a frozen one moves nothing. The
-- rebalance would wait with it, and every partition of this instance.
-- Orders remember epochs, whichever group ingested them. So a group that is new counts on from the one that has come furthest, and is given the record
-- which that one knows the log by: if the log is another one, that shows. Its own ranges, if only its watermark is gone, are not counted again.
INSERT INTO watermark (group_id, topic, partition, epoch, position, known_offset, known_timestamp, known_hash)
SELECT $1, $2, partition,
       CASE WHEN is_known THEN other_epoch ELSE COALESCE(own_epoch, 0) + 1 END,
       low,
       CASE WHEN is_known THEN known_offset END,
       CASE WHEN is_known THEN known_timestamp END,
       CASE WHEN is_known THEN known_hash END
FROM (
    SELECT assigned.partition, low, other.epoch AS other_epoch, own.epoch AS own_epoch, known_offset, known_timestamp, known_hash,
           other.epoch > COALESCE(own.epoch, 0) AS is_known
    FROM unnest($3, $4) AS assigned (partition, low)
    LEFT JOIN LATERAL (
        SELECT epoch, known_offset, known_timestamp, known_hash
        FROM watermark
        WHERE topic = $2 AND watermark.partition = assigned.partition
        ORDER BY epoch DESC, known_offset DESC NULLS LAST
        LIMIT 1
    ) AS other ON true
    LEFT JOIN LATERAL (
        SELECT max(epoch) AS epoch FROM inbox WHERE group_id = $1 AND topic = $2 AND inbox.partition = assigned.partition
    ) AS own ON true
    WHERE NOT EXISTS (
        SELECT 1 FROM watermark AS present WHERE present.group_id = $1 AND present.topic = $2 AND present.partition = assigned.partition)
) AS absent
ON CONFLICT DO NOTHING;
