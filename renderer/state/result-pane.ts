import type { Inspection, LabParams, LabReply, ScriptText } from '../../host/contract/lab.ts';
import type { BenchRun } from './run.ts';

/** One access of one configuration of the shown run. */
export interface InspectTarget {
  /** Place in `run.entries`. */
  readonly index: number;
  /** Number of the access, from 1. */
  readonly access: number;
}

/** Places in `run.entries` of the two configurations that are compared; null where the run does not have it. */
export interface ShownPair {
  readonly a: number | null;
  readonly b: number | null;
}

export type ResultPaneId = 'results' | 'compare' | 'inspect' | 'timeline' | 'divergences';

/** What a result pane may do besides showing its run. Everything that fails rejects with a sentence in `message`. */
export interface ResultPaneActions {
  /** Chooses what is compared; the matrix and every pane follow. */
  choosePair(pair: ShownPair): void;
  /** Shows one access in the inspect pane, and brings the pane to the front. */
  inspect(target: InspectTarget): void;
  /** Brings a pane to the front. */
  show(pane: ResultPaneId): void;
  /** Puts the cursor on a line of the script that was run (from 1). */
  goToLine(line: number): void;
  /** What a script calls itself; its file's name where it says nothing. */
  readTitle(script: ScriptText): Promise<string>;
  /** The steps of one access, with the machine before and after. A newer call ends an older one. */
  readInspection(target: InspectTarget): Promise<Inspection>;
  /** When events of one configuration of a start were, at most 65536 a call. */
  readEvents(asked: LabParams<'events.read'>): Promise<LabReply<'events.read'>>;
  /** The arguments of such events. */
  readArguments(asked: LabParams<'events.arguments'>): Promise<LabReply<'events.arguments'>>;
  /** Puts text on the clipboard and says so; `what` names it: `table`, `chart`. */
  copy(text: string, what: string): Promise<void>;
  /** Says a sentence in the status bar and to screen readers. */
  announce(sentence: string): void;
}

/** What every result pane gets. It renders this and nothing else. */
export interface ResultPaneProps {
  /** The run shown: the latest one, growing while it goes on. Never null: the slot says that nothing has run. */
  readonly run: BenchRun;
  readonly pair: ShownPair;
  /** The access that the inspect pane is at; null for none yet. */
  readonly target: InspectTarget | null;
  readonly theme: 'light' | 'dark';
  readonly actions: ResultPaneActions;
}
