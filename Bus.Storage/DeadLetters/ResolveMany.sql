WITH done AS (
    SELECT id, outcome FROM unnest($1::bigint[], $2::text[]) AS done (id, outcome)
), attempt AS (
    INSERT INTO dead_letter_attempt (dead_letter_id, number, kind, outcome)
    SELECT id, (SELECT COALESCE(max(number), 0) + 1 FROM dead_letter_attempt WHERE dead_letter_id = done.id), 'redelivery', outcome FROM done
)
UPDATE dead_letter SET state = 'resolved', resolved_at = clock_timestamp() WHERE id = ANY ($1);
