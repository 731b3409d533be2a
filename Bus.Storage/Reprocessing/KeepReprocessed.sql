-- One per record, whatever made it: a record that is kept already stays what it is.
WITH letter AS (
    INSERT INTO dead_letter (
        group_id, topic, epoch, partition, record_offset, record_timestamp, key, value, header_names, header_values,
        reason, sentence, json_path, byte_position, state, exception, parked_key)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
    ON CONFLICT ON CONSTRAINT one_dead_letter_per_record DO NOTHING
    RETURNING id
)
INSERT INTO dead_letter_attempt (dead_letter_id, number, kind, outcome, reason, sentence)
SELECT id, 1, 'reprocess', $15, $11, $12 FROM letter;
