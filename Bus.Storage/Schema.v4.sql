-- What Bus.Storage's version 4 changes: the speed of many rows at once.

-- A default that is volatile makes COPY insert its rows one by one, each with its own WAL record, instead of a page at a time.
ALTER TABLE outbox ALTER COLUMN occurred_at SET DEFAULT statement_timestamp();
