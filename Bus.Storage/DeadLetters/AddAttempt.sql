INSERT INTO dead_letter_attempt (dead_letter_id, number, kind, outcome, reason, sentence, actor)
SELECT $1, COALESCE(max(number), 0) + 1, $6, $2, $3, $4, $5
FROM dead_letter_attempt
WHERE dead_letter_id = $1;
