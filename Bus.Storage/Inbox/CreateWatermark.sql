INSERT INTO watermark (group_id, topic, partition, epoch, position)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING;
