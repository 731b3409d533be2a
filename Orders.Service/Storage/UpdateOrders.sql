-- A duplicate moves the position only; version tells that the row is still the one the changes were folded onto.
UPDATE orders
SET version = change.version,
    content = CASE WHEN change.version = change.base THEN orders.content ELSE change.content END,
    content_hash = change.content_hash,
    epoch = change.epoch,
    partition = change.partition,
    record_offset = change.record_offset,
    record_time = change.record_time,
    updated_at = CASE WHEN change.version = change.base THEN orders.updated_at ELSE clock_timestamp() END
FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)
    AS change (order_uid, version, content, content_hash, epoch, partition, record_offset, record_time, base)
WHERE orders.order_uid = change.order_uid AND orders.version = change.base;
