-- What is left of a row whose other events were confirmed; nothing happens where somebody else has taken events out of it meanwhile.
-- What the rest weighs is reckoned as when the row was written (OutboxRow).
UPDATE outbox
SET (events, bytes, keys, sequences, types, payloads, traceparents) = (
    SELECT count(*), sum(COALESCE(octet_length(payload), 0) + 160), array_agg(key ORDER BY place), array_agg(sequence ORDER BY place),
           array_agg(type ORDER BY place), array_agg(payload ORDER BY place), array_agg(traceparent ORDER BY place)
    FROM unnest(keys, sequences, types, payloads, traceparents) WITH ORDINALITY AS event (key, sequence, type, payload, traceparent, place)
    WHERE place = ANY ($3))
WHERE id = $1 AND events = $2;
