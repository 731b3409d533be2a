WITH letter AS (
    INSERT INTO dead_letter (
        group_id, topic, epoch, partition, record_offset, record_timestamp, key, value, header_names, header_values,
        state, reason, sentence, json_path, byte_position)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'dead', $11, $12, $13, $14)
    RETURNING id
)
INSERT INTO dead_letter_attempt (dead_letter_id, number, kind, outcome, reason, sentence)
SELECT id, 1, 'ingest', 'dead', $11, $12 FROM letter;
