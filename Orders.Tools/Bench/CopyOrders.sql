COPY (
    SELECT order_uid, version, content
    FROM order_view
    WHERE content IS NOT NULL
    ORDER BY updated_at DESC
) TO STDOUT (FORMAT BINARY)
