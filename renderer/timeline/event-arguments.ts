import type { LabReply } from '../../host/contract/lab.ts';
import { bytesOf } from './base64.ts';

/** Events of a page. */
export const PAGE = 256;
/** Pages that are kept: 4 KiB each. */
const KEPT = 64;

/** The arguments of some events in a row. */
export interface ArgumentPage {
  /** The first event. */
  readonly from: number;
  /** Four cells an event. */
  readonly cells: Int32Array;
}

type Reply = LabReply<'events.arguments'>;
/** Reads the arguments of `count` events from number `from` on. */
export type ReadArguments = (from: number, count: number) => Promise<Reply>;

/** What a call brought. */
export const pageOf = ({ from, count, args }: Reply): ArgumentPage => ({
  from,
  cells: new Int32Array(bytesOf(args, count * 16).buffer),
});

/** The four arguments of an event; null where the page is not the event's. */
export function argumentsOn(page: ArgumentPage, event: number): number[] | null {
  const at = (event - page.from) * 4;
  return at < 0 || at >= page.cells.length ? null : [...page.cells.subarray(at, at + 4)];
}

/**
 * The arguments of the events that are looked at, read a page at a time; pages looked at longest ago are forgotten. One call is under way
 * at a time, and the next one is for what is looked at by then, so that what was only scrolled past is never asked for.
 */
export class EventArguments {
  private readonly pages = new Map<number, ArgumentPage>();
  private readonly hearing = new Set<() => void>();
  private readonly total: number;
  private readonly read: ReadArguments;
  private readonly onProblem: (sentence: string) => void;
  private wanted: readonly number[] = [];
  private reading = false;
  /** Changes when pages came. */
  version = 0;

  constructor(total: number, read: ReadArguments, onProblem: (sentence: string) => void) {
    this.total = total;
    this.read = read;
    this.onProblem = onProblem;
  }

  /** The page with an event's arguments, always the same object; null while it is not there. */
  pageWith(event: number): ArgumentPage | null {
    return this.pages.get(Math.floor(event / PAGE)) ?? null;
  }

  /** Says which events are looked at: from one number to another (not with it), and one more. */
  want(from: number, to: number, also: number): void {
    const wanted = [Math.floor(also / PAGE)];
    for (let page = Math.floor(from / PAGE); page * PAGE < to; page++) wanted.push(page);
    this.wanted = wanted.filter((page) => page >= 0 && page * PAGE < this.total);
    for (const page of this.wanted) this.keep(page);
    if (!this.reading) void this.readWanted();
  }

  /** Hears when pages came, until the returned function is called. */
  readonly listen = (hear: () => void): (() => void) => {
    this.hearing.add(hear);
    return () => void this.hearing.delete(hear);
  };

  private async readWanted(): Promise<void> {
    this.reading = true;
    try {
      for (;;) {
        const missing = this.wanted.find((page) => !this.pages.has(page));
        if (missing === undefined) return;
        const from = missing * PAGE;
        const page = pageOf(await this.read(from, PAGE));
        if (page.from !== from || page.cells.length !== Math.min(PAGE, this.total - from) * 4)
          throw new Error('the events ended early');
        this.pages.set(missing, page);
        for (const [oldest] of this.pages) {
          if (this.pages.size <= KEPT) break;
          this.pages.delete(oldest);
        }
        this.version++;
        for (const hear of this.hearing) hear();
      }
    } catch (error) {
      // Asked for again when something else is looked at.
      this.onProblem(error instanceof Error ? error.message : String(error));
    } finally {
      this.reading = false;
    }
  }

  /** Makes a page the youngest. */
  private keep(number: number): void {
    const page = this.pages.get(number);
    if (page === undefined) return;
    this.pages.delete(number);
    this.pages.set(number, page);
  }
}
