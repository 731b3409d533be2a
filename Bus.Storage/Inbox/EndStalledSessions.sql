-- In the middle of a COPY, or of a batch sent in part, no time-out of Postgres ends a transaction whose client has stopped sending. Only sessions of
-- our own role in our own database; one that is at work waits for a lock or the disk, not for its client.
SELECT count(*) FILTER (WHERE pg_terminate_backend(pid))
FROM pg_stat_activity
WHERE datname = current_database()
  AND usename = current_user
  AND pid <> pg_backend_pid()
  AND state <> 'idle'
  AND wait_event = 'ClientRead'
  AND xact_start < clock_timestamp() - $1;
