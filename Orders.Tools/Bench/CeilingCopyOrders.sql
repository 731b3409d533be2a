COPY orders (order_uid, version, content, content_hash, epoch, partition, record_offset, record_time) FROM STDIN (FORMAT BINARY)
