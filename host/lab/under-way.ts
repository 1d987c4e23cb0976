/** Work that must come to its end before the process may. */
export class UnderWay {
  private readonly all = new Set<Promise<unknown>>();

  async do<T>(work: () => Promise<T>): Promise<T> {
    const done = work();
    this.all.add(done);
    try {
      return await done;
    } finally {
      this.all.delete(done);
    }
  }

  /** When everything that was begun has ended, well or not. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.all);
  }
}
