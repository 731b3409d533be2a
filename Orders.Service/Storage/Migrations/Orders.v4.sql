-- A default that is volatile makes COPY insert its rows one by one, each with its own WAL record, instead of a page at a time.
ALTER TABLE orders ALTER COLUMN updated_at SET DEFAULT statement_timestamp();
