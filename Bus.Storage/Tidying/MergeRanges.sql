-- Ranges that follow one another without a hole, in one stretch of offsets, become the first of them. What was lost keeps its place: a range
-- with lost offsets stays as it is. An array, not a join, finds the rows to delete by their key whatever the statistics say. FOR UPDATE: should
-- two ever tidy at once, the second sees what the first one left.
WITH candidate AS (
    SELECT *
    FROM inbox
    WHERE group_id = $1 AND topic = $2 AND partition = $3 AND epoch = $4 AND first_offset >= $5 AND accounted_at < $6
    ORDER BY first_offset
    LIMIT $7
    FOR UPDATE
), neighbour AS (
    SELECT *,
           lag(next_offset) OVER ordered = first_offset
           AND lag(first_offset) OVER ordered / $8 = first_offset / $8
           AND lag(lost) OVER ordered = 0 AND lost = 0 AS follows
    FROM candidate
    WINDOW ordered AS (ORDER BY first_offset)
), numbered AS (
    SELECT *, count(*) FILTER (WHERE follows IS NOT TRUE) OVER (ORDER BY first_offset) AS run
    FROM neighbour
), merged AS (
    SELECT min(first_offset) AS first_offset, max(next_offset) AS next_offset, max(accounted_at) AS accounted_at, count(*) AS ranges,
           sum(stored) AS stored, sum(duplicate) AS duplicate, sum(superseded) AS superseded, sum(removed) AS removed, sum(ignored) AS ignored,
           sum(parked) AS parked, sum(redelivering) AS redelivering, sum(dead) AS dead, sum(absent) AS absent, sum(expired) AS expired
    FROM numbered
    GROUP BY run
), gone AS (
    DELETE FROM inbox
    WHERE group_id = $1 AND topic = $2 AND partition = $3 AND epoch = $4
      AND first_offset = ANY (ARRAY(SELECT first_offset FROM numbered WHERE follows))
    RETURNING first_offset
), grown AS (
    UPDATE inbox
    SET next_offset = merged.next_offset, accounted_at = merged.accounted_at,
        stored = merged.stored, duplicate = merged.duplicate, superseded = merged.superseded, removed = merged.removed,
        ignored = merged.ignored, parked = merged.parked, redelivering = merged.redelivering, dead = merged.dead,
        absent = merged.absent, expired = merged.expired
    FROM merged
    WHERE merged.ranges > 1
      AND inbox.group_id = $1 AND inbox.topic = $2 AND inbox.partition = $3 AND inbox.epoch = $4 AND inbox.first_offset = merged.first_offset
)
SELECT (SELECT count(*) FROM candidate), (SELECT count(*) FROM gone), (SELECT max(first_offset) FROM merged);
