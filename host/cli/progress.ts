import { integer } from '../../core/index.ts';
import type { Terminal } from './terminal.ts';

/** Milliseconds before a first line is drawn, so that short runs stay quiet, and between two lines. */
const FIRST = 500;
const EVERY = 200;

/** One line on a terminal's standard error that tells how far the runs are; nothing anywhere else. */
export class Progress {
  private readonly terminal: Terminal;
  private readonly total: number;
  private readonly accesses = new Map<number, number>();
  private done = 0;
  private drawn = false;
  private next = performance.now() + FIRST;

  constructor(terminal: Terminal, total: number) {
    this.terminal = terminal;
    this.total = total;
  }

  update(run: number, accesses: number): void {
    this.accesses.set(run, accesses);
    this.draw();
  }

  finish(): void {
    this.done++;
    this.draw();
  }

  /** Says something without leaving a half-drawn line behind. */
  say(text: string): void {
    this.clear();
    this.terminal.err(`${text}\n`);
  }

  clear(): void {
    if (this.drawn) this.terminal.err('\r\u001b[K');
    this.drawn = false;
  }

  private draw(): void {
    const now = performance.now();
    if (!this.terminal.live || now < this.next) return;
    this.next = now + EVERY;
    this.drawn = true;
    const sum = [...this.accesses.values()].reduce((total, count) => total + count, 0);
    this.terminal.err(
      `\r\u001b[Krun ${Math.min(this.done + 1, this.total)} of ${this.total}, ${integer(sum)} accesses`,
    );
  }
}
