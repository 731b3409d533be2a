-- Nothing is inserted where one runs already.
WITH job AS (
    INSERT INTO reprocess (group_id, topic, forced, requested_by)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT (topic) WHERE state = 'running' DO NOTHING
    RETURNING id
), range AS (
    INSERT INTO reprocess_range (reprocess_id, partition, epoch, first_offset, next_offset, position)
    SELECT job.id, given.partition, given.epoch, given.first_offset, given.next_offset, given.first_offset
    FROM job
    CROSS JOIN unnest($5, $6, $7, $8) AS given (partition, epoch, first_offset, next_offset)
)
SELECT id FROM job;
