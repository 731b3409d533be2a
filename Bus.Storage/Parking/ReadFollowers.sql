-- As many of those in line as fit. Nobody else touches them: for that the key's row is needed, which the caller has locked.
SELECT id, state, group_id, topic, epoch, partition, record_offset, record_timestamp, key, value, header_names, header_values, parked_key, recorded_at
FROM (
    SELECT *, sum(COALESCE(octet_length(value), 0)) OVER (ORDER BY id) AS bytes
    FROM (SELECT * FROM dead_letter WHERE parked_key = $1 AND state = 'parked' ORDER BY id LIMIT $2) AS in_line
) AS counted
WHERE bytes <= $3
ORDER BY id;
