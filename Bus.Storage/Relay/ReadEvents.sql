-- By id, never behind a cursor: a lower id may commit later; what is at or below $3 has been read and no more can come. Of one key a later version
-- always has the higher id, or place in the row, because the key's state is locked while its event is written. The first row comes whatever its size.
SELECT outbox.id, outbox.occurred_at, outbox.keys, outbox.sequences, outbox.types, outbox.payloads, outbox.traceparents,
       (SELECT pg_snapshot_xmin(pg_current_snapshot())), (SELECT pg_current_xact_id())
FROM (
    SELECT id,
           sum(events) OVER (ORDER BY id) AS events,
           sum(bytes) OVER (ORDER BY id) AS bytes,
           row_number() OVER (ORDER BY id) AS place
    FROM (SELECT id, events, bytes FROM outbox WHERE id > $3 ORDER BY id LIMIT $1) AS head
) AS sized
JOIN outbox USING (id)
WHERE outbox.id > $3 AND ((sized.events <= $1 AND sized.bytes <= $2) OR sized.place = 1)
ORDER BY outbox.id;
