SELECT job.id, job.started_at, job.ended_at, job.forced, job.group_id, job.topic, job.state, job.requested_by, job.problem,
       range.partition, range.epoch, range.first_offset, range.next_offset, range.position,
       range.stored, range.duplicate, range.superseded, range.removed, range.ignored, range.parked, range.dead, range.absent
FROM reprocess AS job
JOIN reprocess_range AS range ON range.reprocess_id = job.id
WHERE job.id = COALESCE($1, (SELECT id FROM reprocess WHERE topic = $2 AND state = 'running'))
ORDER BY range.partition;
