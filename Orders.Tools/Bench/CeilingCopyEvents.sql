COPY outbox (events, bytes, lane, keys, sequences, types, payloads, traceparents) FROM STDIN (FORMAT BINARY)
