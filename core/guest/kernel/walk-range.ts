import { frameOf, PTE } from './entries.ts';
import type { Mm } from './mm.ts';

/** What is done to the tables of a range. */
export interface RangeVisitor {
  /** The leaf table of pages [start, end). */
  table(table: number, start: number, end: number): void;
  /** A huge page's entry; [start, end) is the part of it that lies in the range. False: it is a table now, look again. */
  huge(table: number, index: number, start: number, end: number): boolean;
}

/** Walks the tables that exist for [start, end) as walk_page_range does: each upper entry is read once, absent ones are skipped. */
export function walkRange(mm: Mm, pgd: number, start: number, end: number, visitor: RangeVisitor): void {
  visit(mm, pgd, mm.geometry.levels, start, end, visitor);
}

function visit(mm: Mm, table: number, level: number, start: number, end: number, visitor: RangeVisitor): void {
  const { tables } = mm;
  const span = tables.span[level]!;
  for (let page = start; page < end && !mm.port.stopped;) {
    const next = Math.min(end, (Math.floor(page / span) + 1) * span);
    const index = tables.indexOf(page, level);
    tables.read(table, index);
    if (level === 2 && (tables.lo & (PTE.P | PTE.PS)) === (PTE.P | PTE.PS)) {
      if (!visitor.huge(table, index, page, next)) continue;
    } else if ((tables.lo & PTE.P) !== 0) {
      const child = frameOf(tables.hi, tables.lo);
      if (level === 2) visitor.table(child, page, next);
      else visit(mm, child, level - 1, page, next, visitor);
    }
    page = next;
  }
}
