-- What a replay came to is the outcome of the last attempt; what the first one was tells whether ingest had kept the record.
SELECT letter.id, letter.partition, letter.epoch, letter.record_offset, letter.record_timestamp, letter.state, letter.reason,
       letter.key, letter.value, letter.header_names, letter.header_values,
       (SELECT attempt.outcome
        FROM dead_letter_attempt AS attempt
        WHERE attempt.dead_letter_id = letter.id
        ORDER BY attempt.number DESC
        LIMIT 1),
       EXISTS (
        SELECT FROM dead_letter_attempt AS attempt
        WHERE attempt.dead_letter_id = letter.id AND attempt.number = 1 AND attempt.kind = 'reprocess')
FROM dead_letter AS letter
WHERE letter.group_id = $1 AND letter.topic = $2
ORDER BY letter.partition, letter.epoch, letter.record_offset;
