-- By id, never behind a cursor: a lower id may commit later. Of one key a later version always has the higher id, because
-- the key's state is locked while its event is written.
SELECT id, key, sequence, type, payload, occurred_at, traceparent
FROM outbox
ORDER BY id
LIMIT $1;
