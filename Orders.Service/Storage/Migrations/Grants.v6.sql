GRANT SELECT, INSERT, UPDATE, DELETE ON partition_start TO busorders_service;
