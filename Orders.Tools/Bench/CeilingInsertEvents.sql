INSERT INTO outbox (lane, key, sequence, type, payload, traceparent)
SELECT * FROM unnest($1, $2, $3, $4, $5, $6);
