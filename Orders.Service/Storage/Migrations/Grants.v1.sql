-- Each host's role gets what it needs and no more. A frozen process must not hold its locks for ever, hence the timeouts.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'busorders_service') THEN
        CREATE ROLE busorders_service LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'busorders_gateway') THEN
        CREATE ROLE busorders_gateway LOGIN;
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO busorders_service, busorders_gateway', current_schema());
END
$$;

ALTER ROLE busorders_service SET statement_timeout = '30s';
ALTER ROLE busorders_service SET lock_timeout = '10s';
ALTER ROLE busorders_service SET idle_in_transaction_session_timeout = '30s';
ALTER ROLE busorders_gateway SET statement_timeout = '30s';
ALTER ROLE busorders_gateway SET lock_timeout = '5s';
ALTER ROLE busorders_gateway SET idle_in_transaction_session_timeout = '30s';
ALTER ROLE busorders_gateway SET default_transaction_read_only = on;

GRANT SELECT, INSERT, UPDATE ON watermark, orders, dead_letter TO busorders_service;
GRANT SELECT, INSERT ON inbox, dead_letter_attempt TO busorders_service;
GRANT SELECT, INSERT, DELETE ON outbox TO busorders_service;
GRANT SELECT ON order_view TO busorders_service;
GRANT SELECT ON order_view TO busorders_gateway;
