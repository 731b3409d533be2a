-- One row per order for ever. Removal empties content and keeps version and position, so that a late older record is seen to be older.
CREATE TABLE orders (
    version       bigint NOT NULL CHECK (version >= 0),  -- 0: only removals were ever seen
    record_offset bigint NOT NULL,                       -- position of the last record that was accounted to this order
    record_time   bigint NOT NULL,                       -- ms since 1970, min(record timestamp, now); never goes back
    updated_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    epoch         int    NOT NULL,
    partition     int    NOT NULL,
    order_uid     text COLLATE "C" PRIMARY KEY,
    content_hash  bytea,                                 -- SHA-256 of content; null when removed
    content       bytea                                  -- as received; null when removed
);

-- What the gateway may read.
CREATE VIEW order_view AS
SELECT order_uid, version, content, updated_at FROM orders;
