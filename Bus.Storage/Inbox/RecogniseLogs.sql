-- Only forward, and only in the epoch that was looked at: whoever looked longer ago says nothing new.
-- A row that is locked is passed over: whoever waits for one would keep the others from the batches that need them, and the record noted
-- before recognises the log as well.
WITH standing AS (
    SELECT partition FROM watermark WHERE group_id = $1 AND topic = $2 AND partition = ANY ($3) ORDER BY partition FOR UPDATE SKIP LOCKED
)
UPDATE watermark
SET known_offset = seen.known_offset, known_timestamp = seen.known_timestamp, known_hash = seen.known_hash
FROM unnest($3, $4, $5, $6, $7) AS seen (partition, epoch, known_offset, known_timestamp, known_hash)
JOIN standing ON standing.partition = seen.partition
WHERE watermark.group_id = $1 AND watermark.topic = $2 AND watermark.partition = seen.partition AND watermark.epoch = seen.epoch
  AND (watermark.known_offset IS NULL OR watermark.known_offset < seen.known_offset);
