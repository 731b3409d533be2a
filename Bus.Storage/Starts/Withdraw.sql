-- Only this process's own start is taken back; those that ended in a crash before it still count, and nobody owns the row that tells of them.
WITH own AS (
    DELETE FROM partition_start WHERE group_id = $1 AND topic = $2 AND partition = $3 AND owner = $4 AND starts = 1
)
UPDATE partition_start
SET starts = starts - 1, owner = '00000000-0000-0000-0000-000000000000'
WHERE group_id = $1 AND topic = $2 AND partition = $3 AND owner = $4 AND starts > 1;
