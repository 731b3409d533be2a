-- What Bus.Storage's version 7 changes: events that one transaction writes share rows, by lane. A row has its cost in Postgres, and contents of one
-- kind compress well together but hardly alone.

ALTER TABLE outbox RENAME TO outbox_by_event;
ALTER INDEX outbox_pkey RENAME TO outbox_by_event_pkey;

-- Events written with the change they tell of, those of one lane in their order. A row goes when the target confirmed the last of them.
CREATE TABLE outbox (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    occurred_at  timestamptz NOT NULL DEFAULT statement_timestamp(),
    events       int NOT NULL CHECK (events >= 1),
    bytes        int NOT NULL,                -- about what they weigh, as they are sent
    lane         smallint NOT NULL,
    keys         text[] COLLATE "C" NOT NULL,
    sequences    bigint[] NOT NULL,           -- the version of the key's state after the change
    types        text[] NOT NULL,
    payloads     bytea[] NOT NULL,            -- null where the change removed the state
    traceparents text[] NOT NULL,
    CONSTRAINT every_event_has_all_its_parts CHECK (
        events = cardinality(keys) AND events = cardinality(sequences) AND events = cardinality(types)
        AND events = cardinality(payloads) AND events = cardinality(traceparents)),
    CONSTRAINT versions_begin_at_one CHECK (1 <= ALL (sequences))
) WITH (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0,
    toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 20000, toast.autovacuum_vacuum_cost_delay = 0);

DO $$
BEGIN
    -- A server can be built without it, and then compresses in its older way, which takes several times as long.
    IF EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
        ALTER TABLE outbox
            ALTER COLUMN keys SET COMPRESSION lz4, ALTER COLUMN sequences SET COMPRESSION lz4, ALTER COLUMN types SET COMPRESSION lz4,
            ALTER COLUMN payloads SET COMPRESSION lz4, ALTER COLUMN traceparents SET COMPRESSION lz4;
    END IF;
END
$$;

-- Each keeps its id, and new ones get none that was ever given: what a relay of before removes late is then what it has sent, and nothing else.
INSERT INTO outbox (id, occurred_at, events, bytes, lane, keys, sequences, types, payloads, traceparents) OVERRIDING SYSTEM VALUE
SELECT id, occurred_at, 1, COALESCE(octet_length(payload), 0) + 160, lane,
       ARRAY[key], ARRAY[sequence], ARRAY[type], ARRAY[payload], ARRAY[traceparent]
FROM outbox_by_event;

DO $$
DECLARE
    given record;
BEGIN
    EXECUTE format('SELECT last_value, is_called FROM %s', pg_get_serial_sequence('outbox_by_event', 'id')) INTO given;
    PERFORM setval(pg_get_serial_sequence('outbox', 'id'), given.last_value, given.is_called);
END
$$;

DROP TABLE outbox_by_event;

-- One by one, for whoever looks.
CREATE VIEW outbox_event AS
SELECT outbox.id, event.place, outbox.lane, event.key, event.sequence, event.type, event.payload, outbox.occurred_at, event.traceparent
FROM outbox
CROSS JOIN unnest(keys, sequences, types, payloads, traceparents) WITH ORDINALITY AS event (key, sequence, type, payload, traceparent, place);
