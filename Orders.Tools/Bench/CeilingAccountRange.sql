INSERT INTO inbox (
    group_id, topic, partition, epoch, first_offset, next_offset,
    stored, duplicate, superseded, removed, ignored, dead, absent, lost)
VALUES ('bench', 'orders', $1, 1, $2, $3, $4, 0, 0, 0, 0, 0, 0, 0);
