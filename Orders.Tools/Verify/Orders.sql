-- The hash is computed from the content here and now; the stored one is what is checked by it.
SELECT order_uid, version, epoch, partition, record_offset, content_hash, sha256(content)
FROM orders;
