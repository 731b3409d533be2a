-- In one order everywhere, so that two batches with common keys wait for each other and never deadlock.
SELECT key FROM parking WHERE key = ANY ($1) ORDER BY key FOR UPDATE;
