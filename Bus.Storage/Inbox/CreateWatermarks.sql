INSERT INTO watermark (group_id, topic, partition, epoch, position)
SELECT $1, $2, partition, 1, low FROM unnest($3, $4) AS assigned (partition, low)
ON CONFLICT DO NOTHING;
