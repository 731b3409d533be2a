SELECT partition, position, (SELECT count(*) FROM outbox)
FROM watermark
WHERE topic = $1;
