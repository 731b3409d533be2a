SELECT partition, position, (SELECT COALESCE(sum(events), 0)::bigint FROM outbox), EXISTS (SELECT FROM reprocess WHERE state = 'running')
FROM watermark
WHERE topic = $1;
