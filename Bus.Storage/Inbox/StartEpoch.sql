-- Whoever comes second finds the epoch ended already and gets what the first one wrote.
UPDATE watermark
SET epoch = epoch + 1, position = $5, last_offset = NULL, last_timestamp = NULL, last_hash = NULL,
    known_offset = NULL, known_timestamp = NULL, known_hash = NULL
WHERE group_id = $1 AND topic = $2 AND partition = $3 AND epoch = $4;
