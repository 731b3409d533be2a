GRANT SELECT, INSERT, UPDATE ON reprocess, reprocess_range TO busorders_service;
