-- Documents of $2 bytes each, none like another; the newest has the highest number.
INSERT INTO orders (order_uid, version, content, content_hash, epoch, partition, record_offset, record_time, updated_at)
SELECT uid, 1, content, sha256(content), 1, (number % 4)::int, number / 4, 0, TIMESTAMPTZ '2025-01-01' + number * INTERVAL '1 millisecond'
FROM (
    SELECT number, uid, convert_to(rpad('{"order_uid":"' || uid || '","filler":"', $2 - 2, md5(uid)) || '"}', 'UTF8') AS content
    FROM (SELECT number, md5(number::text) || 'test' AS uid FROM generate_series(1, $1) AS number) AS numbered
) AS made;
