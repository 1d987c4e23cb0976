import type { PathTable, StepCount } from '../cost/paths.ts';
import type { RecordedEvent, Recorder } from '../events/recorder.ts';
import type { Instruction } from '../guest/instruction.ts';
import { describeInstruction } from './describe.ts';
import type { MachineState } from './inspect.ts';

/** One access seen whole: what it was, the steps it took, and every event on the way. */
export interface Trace {
  readonly access: number;
  readonly text: string;
  readonly line: number;
  readonly steps: readonly StepCount[];
  readonly events: readonly RecordedEvent[];
  /** For each event, the steps of the access taken before it, every repeat counted. */
  readonly after: readonly number[];
  /** The machine before and after the access, as what `look` returned; null without one. */
  readonly states: TracedStates | null;
}

/** The machine around an access. */
export interface TracedStates {
  /** What host calls can change, before the first of them since the access before; empty where there was none. */
  readonly earlier: MachineState;
  readonly before: MachineState;
  readonly after: MachineState;
}

/** Watches for one access of a run, counted from 1, and records it alone. */
export class Tracer {
  trace: Trace | null = null;
  private readonly wanted: number;
  private readonly paths: PathTable;
  private readonly events: Recorder;
  private readonly flush: () => void;
  private before: Float64Array = new Float64Array(0);
  private text = '';
  private line = 0;
  private stateBefore: MachineState | null = null;
  /** Looks at the machine around the access, for one that is shown whole. */
  look: ((insn: Instruction) => MachineState) | null = null;
  /** Looks at what host calls can change. */
  lookAtHost: (() => MachineState) | null = null;
  private earlier: MachineState | null = null;

  /** `flush` puts counts that the CPU has not handed over yet into the ledger. */
  constructor(wanted: number, paths: PathTable, events: Recorder, flush: () => void) {
    this.wanted = wanted;
    this.paths = paths;
    this.events = events;
    this.flush = flush;
  }

  /** True until the access was seen. */
  get waiting(): boolean {
    return this.trace === null;
  }

  /** A host call comes, after so many accesses. */
  beforeHost(accesses: number): void {
    if (accesses !== this.wanted - 1 || this.lookAtHost === null) return;
    this.flush();
    this.earlier ??= this.lookAtHost();
  }

  /** `text` says what it is where the instruction does not. */
  begin(access: number, insn: Instruction, line: number, text?: string): void {
    if (access !== this.wanted) return;
    this.flush();
    this.before = this.paths.counts();
    this.text = text ?? describeInstruction(insn);
    this.line = line;
    if (this.look !== null) this.stateBefore = this.look(insn);
    this.events.clear();
    this.events.on = true;
  }

  end(access: number, insn: Instruction): void {
    if (access !== this.wanted) return;
    this.events.on = false;
    this.flush();
    const { stateBefore: before, look } = this;
    const node = this.paths.takenSince(this.before)[0];
    this.trace = {
      access,
      text: this.text,
      line: this.line,
      steps: node === undefined ? [] : this.paths.stepsOf(node),
      events: this.events.list(),
      after: this.events.nodes().map((at) => this.stepsBefore(at)),
      states: before === null || look === null ? null : { earlier: this.earlier ?? [], before, after: look(insn) },
    };
  }

  private stepsBefore(node: number): number {
    return this.paths.stepsOf(node).reduce((sum, { times }) => sum + times, 0);
  }
}
