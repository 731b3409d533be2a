SELECT id, key, sequence, sha256(payload)
FROM outbox
ORDER BY key, sequence, id;
