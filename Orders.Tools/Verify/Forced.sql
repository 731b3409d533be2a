SELECT range.partition, range.epoch, range.first_offset, range.position
FROM reprocess AS job
JOIN reprocess_range AS range ON range.reprocess_id = job.id
WHERE job.group_id = $1 AND job.topic = $2 AND job.forced AND range.position > range.first_offset;
