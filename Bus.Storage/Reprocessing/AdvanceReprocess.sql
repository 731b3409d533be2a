-- No row is affected where the job was ended meanwhile, or somebody else has done this part.
UPDATE reprocess_range
SET position = $4, stored = stored + $5, duplicate = duplicate + $6, superseded = superseded + $7, removed = removed + $8,
    ignored = ignored + $9, parked = parked + $10, dead = dead + $11, absent = absent + $12
WHERE reprocess_id = $1 AND partition = $2 AND position = $3
  AND EXISTS (SELECT FROM reprocess WHERE id = $1 AND state = 'running');
