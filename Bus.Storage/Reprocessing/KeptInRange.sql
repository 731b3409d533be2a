-- What is kept of a range and not resolved: none of it is done again but by its own replay or redelivery.
SELECT record_offset, state
FROM dead_letter
WHERE group_id = $1 AND topic = $2 AND epoch = $3 AND partition = $4 AND record_offset >= $5 AND record_offset < $6 AND state <> 'resolved';
