SELECT id, key, sequence, sha256(payload)
FROM outbox_event
ORDER BY key, sequence, id, place;
