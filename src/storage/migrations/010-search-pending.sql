-- Immutable once released. The same types as in 001.

-- What waits to be put into the index (kB) is read through by every search: a batch or so, and not the four megabytes that are usual.
-- only postgres
ALTER INDEX event_search_by_word SET (gin_pending_list_limit = 256);
