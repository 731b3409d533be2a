-- Without a look for them: one that exists fails the insert, and where anything is parked none gets a uid, which the column refuses.
INSERT INTO orders (order_uid, version, content, content_hash, epoch, partition, record_offset, record_time)
SELECT CASE WHEN EXISTS (SELECT FROM parking) THEN NULL ELSE uid END, version, content, content_hash, epoch, partition, record_offset, record_time
FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
    AS unseen (uid, version, content, content_hash, epoch, partition, record_offset, record_time);
