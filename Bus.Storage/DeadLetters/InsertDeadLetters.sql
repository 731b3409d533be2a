-- In the order given, so that ids rise with offsets. The headers of all come in one row; each letter takes its share of it.
WITH letter AS (
    INSERT INTO dead_letter (
        group_id, topic, epoch, partition, record_offset, record_timestamp, key, value, header_names, header_values,
        reason, sentence, json_path, byte_position, state, exception, parked_key)
    SELECT $1, $2, $3, $4, record_offset, record_timestamp, key, value,
           ($5::text[])[first_header:last_header], ($6::bytea[])[first_header:last_header],
           reason, sentence, json_path, byte_position, state, exception, parked_key
    FROM unnest($7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) WITH ORDINALITY AS given (
        record_offset, record_timestamp, key, value, first_header, last_header,
        reason, sentence, json_path, byte_position, state, exception, parked_key, number)
    ORDER BY number
    RETURNING id, state, reason, sentence
)
INSERT INTO dead_letter_attempt (dead_letter_id, number, kind, outcome, reason, sentence)
SELECT id, 1, 'ingest', state, reason, sentence FROM letter;
