import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { deflateSync, inflateSync } from 'node:zlib';
import { err, ok, type Result } from '../../core/index.ts';
import type { ResultFile } from '../contract/lab.ts';
import { readResultFile } from '../contract/result-file.ts';
import { openDatabase } from './open-database.ts';

/** Milliseconds after which a deleted run is gone for good: 30 days. */
const KEPT_DELETED = 30 * 24 * 3600 * 1000;
/** Characters of a note, and of a tag. */
const LONGEST_NOTE = 10_000;
const TAG = /^[\p{L}\p{N}][\p{L}\p{N}._:-]{0,59}$/u;

export interface HistoryConfiguration {
  readonly name: string;
  readonly cpu: string;
  readonly mmu: string;
  readonly kernel: string;
  readonly design: string;
  readonly seed: number;
  /** Null where it has no result. */
  readonly accesses: number | null;
  readonly divergences: number | null;
}

/** A stored run without its counts. */
export interface HistoryRow {
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly title: string;
  readonly scriptName: string;
  /** Of the program that ran it. */
  readonly version: string;
  readonly note: string;
  readonly tags: readonly string[];
  readonly deleted: boolean;
  readonly configurations: readonly HistoryConfiguration[];
}

export interface HistoryQuery {
  /** Words that must all occur in title, script, configurations, note or tags; a word may be the beginning of one. */
  readonly search?: string;
  readonly tag?: string;
  /** Deleted runs instead of those that are there. */
  readonly deleted?: boolean;
  readonly limit?: number;
  /** Only runs with a smaller id. */
  readonly before?: number;
}

/** Every run that ended, newest first. A run is on disk when `add` has returned; a kill loses none before that. */
export class History {
  private readonly db: DatabaseSync;

  private constructor(db: DatabaseSync) {
    this.db = db;
  }

  /** Opens the history of a data folder's file. What was deleted long ago goes for good. `now`: milliseconds since 1970. */
  static open(path: string, now: number = Date.now()): Result<History> {
    const db = openDatabase(path);
    if (!db.ok) return db;
    const history = new History(db.value);
    try {
      history.purge(now - KEPT_DELETED);
    } catch (error) {
      // Locked for long, or a file or disk that cannot be written: it can still be read, and a later start purges.
      if (!/readonly|locked|full|busy/i.test((error as Error).message)) {
        history.close();
        return err(`${path}: the history cannot be read: ${(error as Error).message}`);
      }
    }
    return ok(history);
  }

  close(): void {
    this.db.close();
  }

  /** Stores a run under the title of its scenario; its id. */
  add(file: ResultFile, title: string, now: number = Date.now()): number {
    const { run } = file;
    return this.transaction(() => {
      const { lastInsertRowid } = this.db
        .prepare('INSERT INTO runs (created, title, script_name, version, file) VALUES (?, ?, ?, ?, ?)')
        .run(now, title, run.script.name, file.version, deflateSync(JSON.stringify(file)));
      const id = Number(lastInsertRowid);
      const insert = this.db.prepare('INSERT INTO configurations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
      for (const [place, { name, cpu, mmu, kernel, design, seed }] of run.configurations.entries()) {
        const outcome = run.outcomes[place];
        const result = outcome !== null && outcome !== undefined && 'result' in outcome ? outcome.result : null;
        const divergences = result?.divergences.reduce((sum, { count }) => sum + count, 0) ?? null;
        insert.run(id, place, name, cpu, mmu, kernel, design, seed, result?.accesses ?? null, divergences);
      }
      const names = run.configurations
        .map(({ name, cpu, kernel, design }) => `${name} ${cpu} ${kernel} ${design}`)
        .join(' ');
      this.db
        .prepare('INSERT INTO words (rowid, title, script, configurations, note, tags) VALUES (?, ?, ?, ?, ?, ?)')
        .run(id, title, `${run.script.name} ${run.script.text}`, names, '', '');
      return id;
    });
  }

  /** Stored runs, newest first. */
  list({ search = '', tag, deleted = false, limit = 200, before }: HistoryQuery = {}): HistoryRow[] {
    const wanted = [`deleted IS ${deleted ? 'NOT ' : ''}NULL`];
    const values: (string | number)[] = [];
    const match = matchOf(search);
    if (match !== '') {
      wanted.push('id IN (SELECT rowid FROM words WHERE words MATCH ?)');
      values.push(match);
    }
    if (tag !== undefined) {
      wanted.push('id IN (SELECT run FROM tags WHERE tag = ?)');
      values.push(tag);
    }
    if (before !== undefined) {
      wanted.push('id < ?');
      values.push(before);
    }
    const sql = `SELECT id, created, title, script_name, version, note, deleted FROM runs WHERE ${wanted.join(' AND ')} ORDER BY id DESC LIMIT ?`;
    return this.db
      .prepare(sql)
      .all(...values, limit)
      .map((row) => this.rowOf(row));
  }

  /** One stored run without its counts; a sentence when there is none. */
  find(id: number): Result<HistoryRow> {
    const row = this.db
      .prepare('SELECT id, created, title, script_name, version, note, deleted FROM runs WHERE id = ?')
      .get(id);
    return row === undefined ? err(`there is no run ${id} in the history`) : ok(this.rowOf(row));
  }

  /** One stored run with everything. */
  get(id: number): Result<ResultFile> {
    const row = this.db.prepare('SELECT file FROM runs WHERE id = ?').get(id);
    if (row === undefined) return err(`there is no run ${id} in the history`);
    try {
      return readResultFile(inflateSync(row['file'] as Uint8Array).toString('utf8'));
    } catch {
      return err(`run ${id} of the history is damaged`);
    }
  }

  /** Sets a run's note, its tags, or whether it is deleted; what is left out stays. */
  change(
    id: number,
    { note, tags, deleted }: { readonly note?: string; readonly tags?: readonly string[]; readonly deleted?: boolean },
    now: number = Date.now(),
  ): Result<HistoryRow> {
    const bad = tags?.find((tag) => !TAG.test(tag));
    if (bad !== undefined) return err(`'${bad.slice(0, 60)}' is no tag: a tag has 1 to 60 letters, digits or . _ : -`);
    if (note !== undefined && note.length > LONGEST_NOTE) return err(`a note has at most ${LONGEST_NOTE} characters`);
    const found = this.find(id);
    if (!found.ok) return found;
    this.transaction(() => {
      if (note !== undefined) {
        this.db.prepare('UPDATE runs SET note = ? WHERE id = ?').run(note, id);
        this.db.prepare('UPDATE words SET note = ? WHERE rowid = ?').run(note, id);
      }
      if (tags !== undefined) {
        this.db.prepare('DELETE FROM tags WHERE run = ?').run(id);
        const insert = this.db.prepare('INSERT OR IGNORE INTO tags VALUES (?, ?)');
        for (const tag of tags) insert.run(id, tag);
        this.db.prepare('UPDATE words SET tags = ? WHERE rowid = ?').run(tags.join(' '), id);
      }
      if (deleted !== undefined)
        this.db.prepare('UPDATE runs SET deleted = ? WHERE id = ?').run(deleted ? now : null, id);
    });
    return this.find(id);
  }

  /** Tags in use, with how many runs have them. */
  tags(): { tag: string; runs: number }[] {
    return this.db
      .prepare(
        'SELECT tag, count(*) AS runs FROM tags JOIN runs ON runs.id = tags.run WHERE deleted IS NULL GROUP BY tag ORDER BY tag',
      )
      .all()
      .map((row) => ({ tag: String(row['tag']), runs: Number(row['runs']) }));
  }

  /** The run that was deleted last, or null. */
  lastDeleted(): number | null {
    const row = this.db
      .prepare('SELECT id FROM runs WHERE deleted IS NOT NULL ORDER BY deleted DESC, id DESC LIMIT 1')
      .get();
    return row === undefined ? null : Number(row['id']);
  }

  private purge(before: number): void {
    this.transaction(() => {
      this.db.prepare('DELETE FROM words WHERE rowid IN (SELECT id FROM runs WHERE deleted < ?)').run(before);
      this.db.prepare('DELETE FROM runs WHERE deleted < ?').run(before);
    });
  }

  private rowOf(row: Record<string, SQLOutputValue>): HistoryRow {
    const id = Number(row['id']);
    return {
      id,
      created: Number(row['created']),
      title: String(row['title']),
      scriptName: String(row['script_name']),
      version: String(row['version']),
      note: String(row['note']),
      deleted: row['deleted'] !== null,
      tags: this.db
        .prepare('SELECT tag FROM tags WHERE run = ? ORDER BY tag')
        .all(id)
        .map((one) => String(one['tag'])),
      configurations: this.db
        .prepare(
          'SELECT name, cpu, mmu, kernel, design, seed, accesses, divergences FROM configurations WHERE run = ? ORDER BY place',
        )
        .all(id)
        .map((one) => ({
          name: String(one['name']),
          cpu: String(one['cpu']),
          mmu: String(one['mmu']),
          kernel: String(one['kernel']),
          design: String(one['design']),
          seed: Number(one['seed']),
          accesses: one['accesses'] === null ? null : Number(one['accesses']),
          divergences: one['divergences'] === null ? null : Number(one['divergences']),
        })),
    };
  }

  private transaction<T>(work: () => T): T {
    this.db.exec('BEGIN IMMEDIATE');
    try {
      const value = work();
      this.db.exec('COMMIT');
      return value;
    } catch (error) {
      this.db.exec('ROLLBACK');
      throw error;
    }
  }
}

/** Words as FTS5 takes them: each quoted, so that no sign of its query language means anything, and each a beginning. */
const matchOf = (search: string): string =>
  search
    .split(/\s+/)
    .map((word) => word.replaceAll('"', ''))
    .filter((word) => word !== '')
    .map((word) => `"${word}"*`)
    .join(' ');
