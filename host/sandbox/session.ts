import * as v from 'valibot';
import {
  ARGS_UNIT,
  err,
  HOST_THREAD,
  HOST_THREADS,
  type HostOp,
  LINE_UNIT,
  ok,
  type PageSize,
  type PagingMode,
  PARALLEL,
  RECORD,
  recordHeader,
  type Result,
  type SetupOp,
  SIZE_UNIT,
  wordsToBig,
} from '../../core/index.ts';
import { checkBatch, type BatchRules } from './batch.ts';
import type { CompiledScript } from './compile/compiled-script.ts';
import { MARKS } from './compile/instrument.ts';
import { decodeDescription, type Description } from './description.ts';
import { Engine, isThrown, type Thrown } from './engine.ts';
import { explainThrown } from './explain-thrown.ts';
import { label } from './fields.ts';
import { Refusal } from './decode.ts';
import { KernelCalls } from './kernel-calls.ts';
import type { Limits } from './limits.ts';
import type { MachinePort } from './machine-port.ts';
import { LINED, LINED_UNUSED, METHODS } from './methods.ts';
import { decodeOperation } from './operations.ts';
import { INSIDE_NAME, Places, UNKNOWN_SITE, type Place } from './places.ts';
import { prelude } from './inside/prelude.ts';
import { insideRandom } from './inside/random.ts';
import { insideRecords } from './inside/records.ts';
import { insideText } from './inside/text.ts';
import type { ScriptError } from './script-error.ts';
import { fromWire } from './wire.ts';

/** Doubles for records: a batch is flushed long before, a recorded body may need more. */
const CAPACITY = 1 << 20;
const BATCH = 24_576;
const RESULT_BYTES = 64;
const NO_PROMISES = 'a script runs straight through: promises and async functions are not carried out';

interface SessionOptions {
  readonly seed: number;
  readonly limits: Limits;
  readonly hostPage: PageSize;
  /** A line of console.log. */
  readonly onMessage: (text: string) => void;
  /** Called after each batch with the records so far. */
  readonly onProgress: (records: number) => void;
}

/** The text of the inside: a function that takes what cannot be text, and the rest as JSON. */
const INSIDE = `(buffer, flush, ask, options) => (${prelude.toString()})(
  { ...JSON.parse(options), buffer, flush, ask },
  {
    insideRandom: ${insideRandom.toString()},
    insideRecords: ${insideRecords.toString()},
    insideText: ${insideText.toString()},
  },
)`;

/** One run of a script in a sandbox of its own: open, set up, then run the guest on a machine. */
export class Session {
  /** Operations of setup(), with the line that asked for each. */
  readonly setupOps: SetupOp[] = [];
  private described: Description | null = null;
  private machine: MachinePort | null = null;
  private inside: ReturnType<Engine['string']> | null = null;
  private failure: ScriptError | null = null;
  private crash: unknown = null;
  private stopped = false;
  private timedOut = false;
  private records = 0;
  private messages = 0;
  private readonly deadline: number;
  private readonly places: Places;
  private readonly script: CompiledScript;
  private readonly options: SessionOptions;
  private readonly rules: BatchRules;
  private mode: PagingMode = '4-level';
  /** The script's half of the guest kernel, once the guest runs. */
  private kernel: KernelCalls | null = null;
  /** Number of each operation of the kernel that the machine has, by its text. */
  private readonly kernelOps = new Map<string, number>();
  private engine!: Engine;
  private view: () => ArrayBuffer = () => new ArrayBuffer(0);
  private offset = 0;
  private results = new Float64Array(8);
  private words = new Uint32Array(16);
  private batch = new Float64Array(0);

  private constructor(script: CompiledScript, options: SessionOptions) {
    this.script = script;
    this.options = options;
    this.places = new Places(script);
    this.deadline = performance.now() + options.limits.seconds * 1000;
    const lines: number[] = [];
    this.rules = {
      addressBits: 48,
      bellWidths: [],
      lineOf: (site) => lines[site] ?? this.lineOfSite(site, lines),
    };
  }

  /** Evaluates the script up to its scenario(). */
  static async open(script: CompiledScript, options: SessionOptions): Promise<Result<Session, ScriptError>> {
    const session = new Session(script, options);
    const engine = await Engine.create({
      memoryBytes: options.limits.memoryBytes,
      sharedBytes: RESULT_BYTES + CAPACITY * 8,
      stackBytes: options.limits.stackBytes,
      interrupted: () => session.interrupted(),
    });
    session.engine = engine;
    const failed = session.install() ?? session.evaluate() ?? session.callInside('describe');
    return failed === null ? ok(session) : err(failed);
  }

  get description(): Description {
    return this.described!;
  }

  /** Runs setup(vm) and returns what it asked for. */
  setup(): Result<readonly SetupOp[], ScriptError> {
    const failed = this.callInside('setup');
    return failed === null ? ok(this.setupOps) : err(failed);
  }

  /** Runs the guest's program to its end, or until the machine stops. */
  guest(machine: MachinePort): Result<void, ScriptError> {
    this.machine = machine;
    const failed = this.callInside('guest');
    if (this.crash !== null) throw this.crash;
    return failed === null || this.stopped ? ok(undefined) : err(failed);
  }

  private lineOfSite(site: number, known: number[]): number {
    const { line } = this.places.ofSite(site);
    if (site < UNKNOWN_SITE) known[site] = line;
    return line;
  }

  private install(): ScriptError | null {
    const { engine } = this;
    const buffer = engine.sharedBuffer(RESULT_BYTES + CAPACITY * 8);
    this.view = buffer.view;
    this.offset = buffer.offset;
    const make = engine.evaluate(INSIDE, 'prelude');
    if (isThrown(make)) throw new Error(`prelude: ${make.message}`);
    const given = JSON.stringify({
      capacity: CAPACITY,
      batch: BATCH,
      seed: this.options.seed,
      unknownSite: UNKNOWN_SITE,
      methods: METHODS,
      prefixes: { lined: LINED, unused: LINED_UNUSED },
      units: { size: SIZE_UNIT, args: ARGS_UNIT, line: LINE_UNIT, wide: RECORD.WIDE },
      noPromises: NO_PROMISES,
      hostThread: HOST_THREAD,
      hostThreads: HOST_THREADS,
      programHeader: recordHeader(RECORD.PARALLEL, PARALLEL.PROGRAM, 2, 0),
    });
    const inside = engine.call(
      make,
      buffer.handle,
      engine.signalFunction('flush', () => this.flush()),
      engine.textFunction('ask', (name, argument, site) => this.answer(name, argument, Number(site))),
      engine.string(given),
    );
    if (isThrown(inside)) throw new Error(`prelude: ${inside.message}${inside.stack}`);
    this.inside = inside;
    return null;
  }

  private evaluate(): ScriptError | null {
    const names = ['scenario', 'console', MARKS];
    const wrapped = this.engine.evaluate(
      `(function (${names.join(', ')}) {'use strict';\n${this.script.javascript}\n})`,
      INSIDE_NAME,
    );
    if (isThrown(wrapped)) return this.explain(wrapped);
    const globals = this.engine.property(this.inside!, 'globals');
    const done = this.engine.call(wrapped, ...names.map((name) => this.engine.property(globals, name)));
    return isThrown(done) ? this.explain(done) : this.unfinished();
  }

  private callInside(name: string): ScriptError | null {
    const done = this.engine.call(this.engine.property(this.inside!, name));
    return isThrown(done) ? this.explain(done) : this.unfinished();
  }

  /** The script has returned: what it left for later is never done, so it is refused. */
  private unfinished(): ScriptError | null {
    if (this.stopped || !this.engine.hasPendingJobs) return null;
    return this.errorAt({ line: 0, column: 0 }, NO_PROMISES);
  }

  private explain(thrown: Thrown): ScriptError {
    if (this.failure !== null) return this.failure;
    this.refreshViews();
    const site = this.results[4]!;
    const place = thrown.stack === '' ? this.places.ofSite(site) : this.places.ofStack(thrown.stack);
    return this.errorAt(place, explainThrown(thrown, site > 0, this.timedOut, this.options.limits));
  }

  private errorAt(place: Place, message: string): ScriptError {
    return { file: this.script.file, ...place, message };
  }

  private interrupted(): boolean {
    if (performance.now() > this.deadline) this.timedOut = true;
    return this.timedOut || this.stopped || this.failure !== null;
  }

  /** Runs the batch that the script has recorded. */
  private flush(): void {
    this.refreshViews();
    this.results[1] = 1;
    try {
      const mistake = this.runBatch(this.results[0]!);
      if (mistake !== null) this.failure = mistake;
      else if (!this.stopped) this.results[1] = 0;
    } catch (error) {
      this.crash = error;
      this.stopped = true;
    }
  }

  private runBatch(length: number): ScriptError | null {
    const { machine } = this;
    if (machine === null || !(length >= 0 && length <= CAPACITY))
      return this.errorAt({ line: 0, column: 0 }, 'cpu is used before the guest runs');
    const checked = checkBatch(this.batch, length, this.rules);
    if (checked.mistake !== null)
      return this.errorAt(this.places.ofSite(checked.mistake.site), checked.mistake.message);
    this.records += checked.records;
    const { limits } = this.options;
    if (this.records > limits.records) {
      const place = { line: Math.floor(this.batch[0]! / LINE_UNIT), column: 1 };
      return this.errorAt(place, `the script made more than ${limits.records} records; use cpu.repeat() for hot loops`);
    }
    if (length > 0) machine.run(this.batch, length);
    this.stopped = machine.stop;
    this.results[2] = machine.resultLo >>> 0;
    this.words[6] = machine.resultLo;
    this.words[7] = machine.resultHi;
    this.results[5] = machine.lastErrno;
    this.options.onProgress(this.records);
    return null;
  }

  private refreshViews(): void {
    const buffer = this.view();
    if (this.batch.buffer === buffer) return;
    this.results = new Float64Array(buffer, this.offset, 8);
    this.words = new Uint32Array(buffer, this.offset, 16);
    this.batch = new Float64Array(buffer, this.offset + RESULT_BYTES, CAPACITY);
  }

  /** Answers the prelude: JSON, or '!' and a sentence. Nothing thrown may leave it. */
  private answer(name: string, argument: string, site: number): string {
    try {
      const answered = this.ask(name, fromWire(argument), site);
      return answered.ok ? JSON.stringify(answered.value) : `!${answered.error}`;
    } catch (error) {
      this.crash = error;
      return `!${String(error)}`;
    }
  }

  private ask(name: string, input: unknown, site: number): Result<unknown> {
    if (name === 'scenario') {
      const described = decodeDescription(input);
      if (described.ok) this.described = described.value;
      return described;
    }
    if (name === 'log') {
      if (this.messages++ < this.options.limits.messages) this.options.onMessage(String(input));
      return ok(null);
    }
    if (name === 'lastFault') return ok(this.lastFault());
    if (name === 'vmstat') return ok(this.machine?.vmstat() ?? {});
    if (name.startsWith('os.')) return this.kernelCall(name.slice(3), input);
    if (name === 'cpu.phase') return this.addPhase(input);
    const { addressBits, bellWidths } = this.rules;
    const context = { hostPage: this.options.hostPage, addressBits, doorbells: bellWidths.length };
    const decoded = decodeOperation(name, input, context);
    if (!decoded.ok) return decoded;
    return name.startsWith('host.')
      ? this.addHostOp(decoded.value[0] as HostOp)
      : this.addSetupOps(decoded.value, this.places.ofSite(site).line);
  }

  private lastFault(): { vector: number; errorCode: number; address: string } | null {
    const fault = this.machine?.lastFault;
    if (fault === undefined || fault.vector < 0) return null;
    return { vector: fault.vector, errorCode: fault.errorCode, address: `${wordsToBig(fault.hi, fault.lo)}` };
  }

  private addPhase(input: unknown): Result<unknown> {
    if (this.machine === null) return err('cpu is used before the guest runs');
    const name = v.safeParse(label, input);
    if (!name.success) return err(`cpu.phase() ${name.issues[0].message}`);
    return ok({ header: RECORD.HOST + ARGS_UNIT, index: this.machine.addPhase(name.output) });
  }

  private kernelCall(name: string, input: unknown): Result<unknown> {
    const { machine, kernelOps } = this;
    if (machine === null) return err('the guest kernel is used before the guest runs');
    this.kernel ??= new KernelCalls(this.mode);
    try {
      const { op, value } = this.kernel.decode(name, input);
      const text = JSON.stringify(op, (_key, part: unknown) => (typeof part === 'bigint' ? `${part}` : part));
      const index = kernelOps.get(text) ?? machine.addKernelOp(op);
      kernelOps.set(text, index);
      return ok({ header: RECORD.HOST + ARGS_UNIT, index, value });
    } catch (error) {
      if (error instanceof Refusal) return err(error.message);
      throw error;
    }
  }

  private addHostOp(op: HostOp): Result<unknown> {
    if (this.machine === null) return err('host is used before the guest runs');
    return ok({ header: RECORD.HOST + ARGS_UNIT, index: this.machine.addHostOp(op) });
  }

  private addSetupOps(ops: readonly SetupOp[], line: number): Result<unknown> {
    if (this.machine !== null) return err('vm is used while the guest runs; the host object is for that');
    const first = ops[0]!;
    if (first.kind === 'kernel' && this.setupOps.some(({ kind }) => kind === 'kernel'))
      return err('vm.kernel() is called a second time; a guest has one kernel');
    this.setupOps.push(...ops.map((op) => ({ ...op, line })));
    if (first.kind === 'paging') this.mode = first.mode;
    if (first.kind === 'paging')
      this.rules.addressBits = first.mode === '5-level' ? 57 : first.mode === '4-level' ? 48 : 32;
    if (first.kind !== 'doorbell') return ok(null);
    this.rules.bellWidths.push(first.width);
    return ok({ id: first.id, name: first.name, width: first.width });
  }
}
