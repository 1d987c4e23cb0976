import type { Method } from '../methods.ts';

/** What the host gives to the inside. */
export interface InsideHost {
  /** First 64 bytes: results; then the records. */
  readonly buffer: ArrayBuffer;
  /** Doubles that records may take, and the number at which a batch is run. */
  readonly capacity: number;
  readonly batch: number;
  readonly seed: number;
  /** First number of a site known by line * 4096 + column of the generated text. */
  readonly unknownSite: number;
  readonly methods: Readonly<Record<string, Method>>;
  readonly prefixes: { readonly lined: string; readonly unused: string };
  /** What the fields of a record's header are worth, and what makes a code a wide one. */
  readonly units: { readonly size: number; readonly args: number; readonly line: number; readonly wide: number };
  /** Number that stands for the first of the VMM's own threads among vCPUs, how many there may be, and the header of a PROGRAM. */
  readonly hostThread: number;
  readonly hostThreads: number;
  readonly programHeader: number;
  /** The sentence for a script that is not over when it returns. */
  readonly noPromises: string;
  /** Runs the batch of `results[0]` doubles. */
  readonly flush: () => void;
  /** Everything else, as JSON: a name, its argument and the site of the call; answers JSON, or '!' and a sentence. */
  readonly ask: (name: string, argument: string, site: string) => string;
}
