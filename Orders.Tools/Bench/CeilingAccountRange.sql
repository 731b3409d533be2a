INSERT INTO inbox (
    group_id, topic, partition, epoch, first_offset, next_offset,
    stored, duplicate, superseded, removed, ignored, dead, absent, lost, parked, redelivering)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16);
