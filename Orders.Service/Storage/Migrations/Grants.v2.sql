GRANT SELECT, INSERT, UPDATE, DELETE ON parking TO busorders_service;
GRANT SELECT, INSERT, UPDATE ON pause TO busorders_service;
