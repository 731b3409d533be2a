GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO busorders_service;
