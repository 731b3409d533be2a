-- Where there are more rows, they follow.
INSERT INTO outbox (events, bytes, lane, keys, sequences, types, payloads, traceparents)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);
