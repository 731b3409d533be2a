SELECT order_uid, version, content_hash, epoch, partition, record_offset, record_time
FROM orders
WHERE order_uid = ANY ($1)
ORDER BY order_uid
FOR UPDATE;
