import type { Lab } from '../../host/contract/lab.ts';

/** `lost`: nobody answers. `refused`: a lab answers that does not know this session, e.g. because it was started anew. */
export type Connection = 'open' | 'lost' | 'refused';

/** The lab as the window has it: the contract, and whether events arrive. */
export interface LabClient extends Lab {
  /** Hears when the lab is lost and found again; called at once with how it is now. The returned function ends that. */
  onConnection(hear: (connection: Connection) => void): () => void;
}

/** Functions that want to hear something. */
export class Listeners<T> {
  private readonly all = new Set<(value: T) => void>();

  get size(): number {
    return this.all.size;
  }

  add(hear: (value: T) => void): () => void {
    this.all.add(hear);
    return () => void this.all.delete(hear);
  }

  tell(value: T): void {
    // A set's loop bears what is added and removed meanwhile.
    for (const hear of this.all) hear(value);
  }
}
