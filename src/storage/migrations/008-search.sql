-- Immutable once released. The same types as in 001, but for what looks for words: each database has its own way.

-- The words of an event and of what was said with it, masked. `session` is for erasure.
-- only postgres
CREATE TABLE event_search (
  id TEXT COLLATE "C" PRIMARY KEY,
  session TEXT,
  words TSVECTOR NOT NULL
);
-- only postgres
CREATE INDEX event_search_by_word ON event_search USING GIN (words);
-- only sqlite
CREATE TABLE event_search (
  -- The rowid of its words; in the order of the record.
  place INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  session TEXT
);
-- No copy of the text, no positions: which event has which word, and no more. Words come ready: no character of one is a separator.
-- only sqlite
CREATE VIRTUAL TABLE event_words USING fts5(words, content='', contentless_delete=1, detail=none, tokenize="ascii tokenchars '_'");
-- only sqlite
CREATE TRIGGER event_search_removed AFTER DELETE ON event_search BEGIN DELETE FROM event_words WHERE rowid = old.place; END;
CREATE INDEX event_search_by_session ON event_search (session);

-- Sessions whose words are gone and do not come back, whatever a sink still held.
CREATE TABLE erased_sessions (
  session TEXT PRIMARY KEY,
  erased_at BIGINT NOT NULL
);
