import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { err, ok, type Result } from '../../core/index.ts';
import { MIGRATIONS } from './migrations.ts';

/** Milliseconds to wait for another process that writes. */
const PATIENCE = 5000;

/**
 * Opens the history, makes it where there is none, and brings an older one up to date after a backup beside it. A sentence when it was
 * written by a later version, or is no database.
 */
export function openDatabase(path: string, migrations: readonly string[] = MIGRATIONS): Result<DatabaseSync> {
  let db: DatabaseSync;
  let isNew: boolean;
  try {
    mkdirSync(dirname(path), { recursive: true });
    isNew = !existsSync(path);
    db = new DatabaseSync(path, { timeout: PATIENCE });
  } catch (error) {
    return err(`${path}: the history cannot be opened: ${(error as Error).message}`);
  }
  try {
    // A finished transaction is on disk when it ends: write-ahead log, synced at each commit.
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
    const version = versionOf(db);
    if (version > migrations.length) {
      db.close();
      return err(
        `${path}: this history was written by a later version of Exitlab (schema ${version}, this one knows ${migrations.length}): ` +
          'use that version, or set EXITLAB_DATA to another folder',
      );
    }
    if (version < migrations.length) {
      if (!isNew && version > 0) backUp(db, path, version);
      migrate(db, migrations);
    }
    return ok(db);
  } catch (error) {
    db.close();
    return err(`${path}: the history cannot be read: ${(error as Error).message}`);
  }
}

const versionOf = (db: DatabaseSync): number => Number(db.prepare('PRAGMA user_version').get()!['user_version']);

/** A whole copy of the database as it is, once for each version that is left. It gets its name when it is whole: one that a kill cut short is made again. */
function backUp(db: DatabaseSync, path: string, version: number): void {
  const copy = `${path}.before-schema-${version + 1}`;
  if (existsSync(copy)) return;
  const part = `${copy}.part-${process.pid}`;
  rmSync(part, { force: true });
  db.prepare('VACUUM INTO ?').run(part);
  renameSync(part, copy);
}

/** Every missing step in one transaction: all of them or none. Another process may have been faster. */
function migrate(db: DatabaseSync, migrations: readonly string[]): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    for (let version = versionOf(db); version < migrations.length; version++) db.exec(migrations[version]!);
    db.exec(`PRAGMA user_version = ${migrations.length}`);
    db.exec('COMMIT');
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
}
