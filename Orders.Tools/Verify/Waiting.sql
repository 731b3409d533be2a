SELECT partition, position, (SELECT count(*) FROM outbox), EXISTS (SELECT FROM reprocess WHERE state = 'running')
FROM watermark
WHERE topic = $1;
