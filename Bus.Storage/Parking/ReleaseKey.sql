-- The next in line comes to its head and is due at once; where none is left, the key is free again.
WITH next AS (
    SELECT id FROM dead_letter WHERE parked_key = $1 AND state = 'parked' ORDER BY id LIMIT 1
), head AS (
    UPDATE dead_letter SET state = 'redelivering' FROM next WHERE dead_letter.id = next.id
), moved AS (
    UPDATE parking SET dead_letter_id = next.id, due_at = clock_timestamp() FROM next WHERE parking.key = $1
)
DELETE FROM parking WHERE key = $1 AND NOT EXISTS (SELECT FROM next);
