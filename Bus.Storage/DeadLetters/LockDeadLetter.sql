SELECT state, group_id, topic, epoch, partition, record_offset, record_timestamp, key, value, header_names, header_values, parked_key, recorded_at,
       (SELECT count(*)::int FROM dead_letter_attempt WHERE dead_letter_id = $1 AND kind = 'redelivery')
FROM dead_letter
WHERE id = $1
FOR UPDATE;
