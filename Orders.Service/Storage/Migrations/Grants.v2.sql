GRANT SELECT, INSERT, UPDATE, DELETE ON parking TO busorders_service;
