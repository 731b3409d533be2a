-- Who waits long for an order's row keeps its line locked, and ingest with it; it is tried again soon.
SET LOCAL lock_timeout = '200ms';
-- One instance at a time per key: what another one has in hand is passed over. The statement's time, not the clock's, which no index can be searched for.
SELECT key, dead_letter_id FROM parking WHERE due_at <= statement_timestamp() ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED;
