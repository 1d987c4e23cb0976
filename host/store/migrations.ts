/**
 * The history's schema, a step a version: step n makes version n + 1 of version n. Steps are only appended; a database keeps its version in
 * PRAGMA user_version.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- milliseconds since 1970
    created REAL NOT NULL,
    title TEXT NOT NULL,
    script_name TEXT NOT NULL,
    version TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    -- when it was deleted, milliseconds since 1970; NULL while it is there
    deleted REAL,
    -- a result file (exitlab.result), JSON compressed by zlib
    file BLOB NOT NULL
  ) STRICT;
  CREATE TABLE configurations (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    name TEXT NOT NULL,
    cpu TEXT NOT NULL,
    mmu TEXT NOT NULL,
    kernel TEXT NOT NULL,
    design TEXT NOT NULL,
    seed INTEGER NOT NULL,
    -- NULL where it has no result
    accesses INTEGER,
    divergences INTEGER,
    PRIMARY KEY (run, place)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE tags (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (run, tag)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tags_by_name ON tags (tag);
  -- words of a run: rowid is its id
  CREATE VIRTUAL TABLE words USING fts5 (title, script, configurations, note, tags, tokenize = "unicode61 tokenchars '-_.'");
  `,
];
