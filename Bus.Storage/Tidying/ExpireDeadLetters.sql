-- Each is noted in the range that counts it, in the same statement: whoever counts dead letters afterwards still finds them all. One that came of
-- a reprocess is counted in no range. An array, not IN: what is limited and locked is looked for once, whatever the plan.
WITH letter AS (
    DELETE FROM dead_letter
    WHERE id = ANY (ARRAY (
        SELECT id
        FROM dead_letter
        WHERE resolved_at < $1 AND state = 'resolved'
          AND NOT EXISTS (SELECT FROM parking WHERE parking.dead_letter_id = dead_letter.id)
        ORDER BY resolved_at
        LIMIT $2
        FOR UPDATE SKIP LOCKED))
    RETURNING id, group_id, topic, partition, epoch, record_offset
), counted AS (
    SELECT letter.group_id, letter.topic, letter.partition, letter.epoch, range.first_offset, count(*) AS letters
    FROM letter
    CROSS JOIN LATERAL (
        SELECT first_offset
        FROM inbox
        WHERE group_id = letter.group_id AND topic = letter.topic AND partition = letter.partition AND epoch = letter.epoch
          AND first_offset <= letter.record_offset
        ORDER BY first_offset DESC
        LIMIT 1) AS range
    WHERE NOT EXISTS (
        SELECT FROM dead_letter_attempt AS attempt
        WHERE attempt.dead_letter_id = letter.id AND attempt.number = 1 AND attempt.kind = 'reprocess')
    GROUP BY letter.group_id, letter.topic, letter.partition, letter.epoch, range.first_offset
), noted AS (
    UPDATE inbox
    SET expired = inbox.expired + counted.letters
    FROM counted
    WHERE inbox.group_id = counted.group_id AND inbox.topic = counted.topic AND inbox.partition = counted.partition
      AND inbox.epoch = counted.epoch AND inbox.first_offset = counted.first_offset
)
SELECT count(*) FROM letter;
