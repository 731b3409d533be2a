-- Where each partition stands.
SELECT group_id, topic, partition, epoch, position FROM watermark ORDER BY group_id, topic, partition;

-- What every accounted offset came to, over all partitions.
SELECT COALESCE(sum(stored), 0)::bigint,
       COALESCE(sum(duplicate), 0)::bigint,
       COALESCE(sum(superseded), 0)::bigint,
       COALESCE(sum(removed), 0)::bigint,
       COALESCE(sum(ignored), 0)::bigint,
       COALESCE(sum(parked), 0)::bigint,
       COALESCE(sum(redelivering), 0)::bigint,
       COALESCE(sum(dead), 0)::bigint,
       COALESCE(sum(absent), 0)::bigint,
       COALESCE(sum(lost), 0)::bigint
FROM inbox;

-- The lowest id is the oldest event but for commits that overtook each other; asking by id needs no index of its own.
SELECT (SELECT COALESCE(sum(events), 0)::bigint FROM outbox),
       (SELECT EXTRACT(EPOCH FROM clock_timestamp() - occurred_at)::float8 FROM outbox ORDER BY id LIMIT 1);

SELECT state, reason, count(*) FROM dead_letter GROUP BY state, reason ORDER BY state, count(*) DESC, reason;
