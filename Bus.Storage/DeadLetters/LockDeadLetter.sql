SELECT state, group_id, topic, epoch, partition, record_offset, record_timestamp, key, value, header_names, header_values
FROM dead_letter
WHERE id = $1
FOR UPDATE;
