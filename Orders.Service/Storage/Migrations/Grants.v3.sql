-- The service keeps its own tables bounded.
GRANT UPDATE, DELETE ON inbox TO busorders_service;
GRANT DELETE ON dead_letter TO busorders_service;
