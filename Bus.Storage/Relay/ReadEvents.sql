-- By id, never behind a cursor: a lower id may commit later; what is at or below $3 has been read and no more can come. Of one key a later version
-- always has the higher id, because the key's state is locked while its event is written. The first event comes whatever its size.
SELECT outbox.id, outbox.key, outbox.sequence, outbox.type, outbox.payload, outbox.occurred_at, outbox.traceparent,
       (SELECT pg_snapshot_xmin(pg_current_snapshot())), (SELECT pg_current_xact_id())
FROM (
    SELECT id,
           sum(COALESCE(octet_length(payload), 0)) OVER (ORDER BY id) AS bytes,
           row_number() OVER (ORDER BY id) AS place
    FROM (SELECT id, payload FROM outbox WHERE id > $3 ORDER BY id LIMIT $1) AS head
) AS sized
JOIN outbox USING (id)
WHERE sized.bytes <= $2 OR sized.place = 1
ORDER BY outbox.id;
