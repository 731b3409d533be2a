-- Nobody goes on with it: what its crashes left behind, if there were any, tells nothing any more.
WITH forgotten AS (
    DELETE FROM partition_start WHERE topic = '#reprocess' AND group_id = $1::text
)
UPDATE reprocess SET state = $2, problem = $3, ended_at = clock_timestamp() WHERE id = $1 AND state = 'running';
