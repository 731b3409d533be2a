-- What Bus.Storage's version 3 adds: bounds on disk.

-- How many of the range's dead letters were resolved and have been deleted since; with those still there they are all it counts as kept.
ALTER TABLE inbox ADD COLUMN expired bigint NOT NULL DEFAULT 0 CHECK (expired >= 0);

CREATE INDEX dead_letter_resolved ON dead_letter (resolved_at) WHERE resolved_at IS NOT NULL;

-- Whatever enters these tables leaves them soon: they are vacuumed by count. A share of the table, the default, would let the garbage grow with
-- the largest backlog there ever was.
ALTER TABLE watermark SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE outbox SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0,
    toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 20000, toast.autovacuum_vacuum_cost_delay = 0);
ALTER TABLE inbox SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
