-- By id, never behind a cursor: a lower id may commit later; what is at or below $3 has been read and no more can come. Of one key a later version
-- always has the higher id, or place in the row, because the key's state is locked while its event is written. The first row comes whatever its size.
-- What fits is a range of ids, not joined: statistics are taken while the outbox is empty, and a join planned for one row may compare each with each.
SELECT id, occurred_at, keys, sequences, types, payloads, traceparents,
       (SELECT pg_snapshot_xmin(pg_current_snapshot())), (SELECT pg_current_xact_id())
FROM outbox
WHERE id > $3 AND id <= (
    SELECT max(id)
    FROM (
        SELECT id,
               sum(events) OVER (ORDER BY id) AS events,
               sum(bytes) OVER (ORDER BY id) AS bytes,
               row_number() OVER (ORDER BY id) AS place
        FROM (SELECT id, events, bytes FROM outbox WHERE id > $3 ORDER BY id LIMIT $1) AS head
    ) AS sized
    WHERE (events <= $1 AND bytes <= $2) OR place = 1)
ORDER BY id;
