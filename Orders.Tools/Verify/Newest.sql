SELECT order_uid
FROM orders
ORDER BY updated_at DESC
LIMIT $1;
