COPY outbox (lane, key, sequence, type, payload, traceparent) FROM STDIN (FORMAT BINARY)
