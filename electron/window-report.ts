import type { LabParams } from '../host/contract/lab.ts';

type Said = LabParams<'window.put'>;

/** What the window last said about itself: its title and the texts that are not saved. */
export class WindowReport {
  private said: Said | null = null;
  private readonly listeners = new Set<(said: Said) => void>();

  /** Names of the texts that are in no file. */
  get unsaved(): readonly string[] {
    return this.said?.unsaved ?? [];
  }

  put(said: Said): void {
    this.said = said;
    this.listeners.forEach((hear) => hear(said));
  }

  hear(listener: (said: Said) => void): void {
    this.listeners.add(listener);
  }

  /** Resolves when the window has spoken for the first time: from then on it hears what it is told. */
  ready(): Promise<void> {
    if (this.said !== null) return Promise.resolve();
    return new Promise((resolve) => {
      const once = (): void => {
        this.listeners.delete(once);
        resolve();
      };
      this.listeners.add(once);
    });
  }
}
