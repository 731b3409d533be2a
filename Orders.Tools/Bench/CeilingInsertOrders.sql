INSERT INTO orders (order_uid, version, content, content_hash, epoch, partition, record_offset, record_time)
SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (order_uid) DO NOTHING;
