SELECT order_uid, version, sha256(content)
FROM orders
WHERE order_uid = ANY ($1);
