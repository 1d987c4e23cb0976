import type { StateSet } from '../base/state.ts';
import type { Instruction } from '../guest/instruction.ts';
import { OP } from '../guest/instruction.ts';
import { CR4, type GuestRegisters, REG } from '../guest/registers.ts';
import { bigHi, bigLo, wordsToPage } from '../base/words.ts';
import { Access } from './access.ts';
import { CoalescedZones } from './coalesced-zones.ts';
import { DivergenceLog } from './divergence-log.ts';
import { Execution } from './execute.ts';
import { Expectation } from './expectation.ts';
import { Ioeventfds, type IoeventfdSpec } from './ioeventfds.ts';
import { Judge } from './judge.ts';
import { auditMemory } from './memory-audit.ts';
import { MemoryMap } from './memory-map.ts';
import type { MachineMemory, Observation } from './observation.ts';
import { sameBytes } from './page-store.ts';
import { Parts } from './parts.ts';
import { PromisedBus } from './promised-bus.ts';
import { Reporter } from './reporter.ts';
import { StaleWindow } from './stale-window.ts';
import { UnreadablePages } from './unreadable-pages.ts';
import { GuestWalk, type WalkOptions } from './walk.ts';

interface ReferenceOptions extends WalkOptions {
  /** The name of an eventfd, for texts. */
  readonly eventfdName: (fd: number) => string;
}

const DEFAULTS: ReferenceOptions = {
  maxPhyAddr: 46,
  gbPages: true,
  eventfdName: (fd) => `${fd}`,
};

/** Keys of divergences that no access caused, below those of pages. */
const EVENT_KEY = -(2 ** 45);

/**
 * The independent answer: what the guest must observe, which eventfds must be signalled, what userspace must see. It has no TLB, no cache and
 * no KVM in it; it has memory of its own, and is told only what userspace set up. Beside a machine it runs like this:
 *
 *     reference.before(insn, regs, line);        // inputs and registers as they are
 *     observation.clear();  ...the machine carries insn out and fills the observation...
 *     reference.after(insn, observation, memory); // how many divergences
 *
 * After a divergence the reference takes over the machine's bytes for what the access touched: a bug is told at its cause, not for ever.
 */
export class Reference {
  readonly memory = new MemoryMap();
  readonly expectation = new Expectation();
  readonly log = new DivergenceLog();
  private access = new Access();
  /** The access of another vCPU that came in between. */
  private other = new Access();
  private readonly ioeventfds = new Ioeventfds();
  private readonly zones = new CoalescedZones();
  private readonly stale = new StaleWindow();
  private readonly unreadable = new UnreadablePages();
  private readonly bus: PromisedBus;
  private readonly execution: Execution;
  private readonly reporter: Reporter;
  private readonly judge: Judge;

  constructor(options: Partial<ReferenceOptions> = {}) {
    const all = { ...DEFAULTS, ...options };
    this.bus = new PromisedBus(this.ioeventfds, this.zones);
    const parts = new Parts(this.memory, new GuestWalk(this.memory, all));
    this.execution = new Execution(this.memory, parts, this.bus, this.stale);
    this.reporter = new Reporter(this.log, this.stale, all.eventfdName);
    this.judge = new Judge(this.reporter, this.memory, this.unreadable);
  }

  /** Set to 1 when a word of the reference's memory changed; cleared by whoever looks for a fixed point. */
  get changed(): Uint8Array {
    return this.memory.store.changed;
  }

  /** Adds what decides later answers (memory apart, see `changed`) and the divergence counts. */
  register(state: StateSet): void {
    state.addState(() => [this.zones.ring, this.stale.state, this.unreadable.column]);
    this.log.register(state);
  }

  /**
   * KVM_SET_USER_MEMORY_REGION, after KVM accepted it. Size 0 deletes; a known slot is moved or changed. Contents belong to `hva`.
   */
  setRegion(slot: number, gpa: bigint, size: bigint, hva: bigint, readonly: boolean): void {
    this.memory.setRegion(slot, gpa, size, hva, readonly);
  }

  /** KVM_IOEVENTFD, after KVM accepted it. */
  assignIoeventfd(spec: IoeventfdSpec): void {
    this.ioeventfds.assign(spec);
  }

  deassignIoeventfd(spec: IoeventfdSpec): void {
    this.ioeventfds.deassign(spec);
  }

  /** KVM_REGISTER_COALESCED_MMIO. */
  registerZone(pio: boolean, addr: bigint, size: bigint): void {
    this.zones.register(pio, addr, size);
  }

  /** KVM_UNREGISTER_COALESCED_MMIO: every zone of the kind that wholly contains the range goes. */
  unregisterZone(pio: boolean, addr: bigint, size: bigint): void {
    this.zones.unregister(pio, addr, size);
  }

  /** The host stores bytes to guest memory; read-only regions too. False when nothing backs one of them. */
  poke(gpa: bigint, bytes: Uint8Array): boolean {
    const word = new Int32Array(1);
    return bytes.every((byte, i) => {
      const at = gpa + BigInt(i);
      word[0] = byte;
      return this.store(bigHi(at), bigLo(at), 1, word);
    });
  }

  /** The host stores one 8-byte entry, such as one of a guest page table, at an 8-byte aligned guest-physical address. */
  pokeEntry(gpaHi: number, gpaLo: number, hi: number, lo: number): boolean {
    return this.store(gpaHi, gpaLo, 8, Int32Array.of(lo, hi));
  }

  /** The host stores one 4-byte word at a 4-byte aligned guest-physical address. */
  pokeWord(gpaHi: number, gpaLo: number, value: number): boolean {
    return this.store(gpaHi, gpaLo, 4, Int32Array.of(value));
  }

  /** Copies up to 16 bytes, all of one page, of the reference's own memory; false where nothing backs them. */
  readGuest(gpaHi: number, gpaLo: number, count: number, out: Int32Array): boolean {
    const page = this.memory.lookup(gpaHi, gpaLo);
    if ((page & 2) === 0) return false;
    this.memory.read(page, gpaLo, count, out, 0);
    return true;
  }

  /** Takes the instruction's inputs and the registers as they are, before the machine carries it out. `line`: script line or 0. */
  before(insn: Instruction, regs: GuestRegisters, line: number): void {
    this.access.take(insn, regs.at, line);
  }

  /** What must be observed of the instruction given to `before`. `seen` supplies userspace's answers to reads. Changes memory. */
  expect(seen: Observation): Expectation {
    seen.pieces.unmatch();
    this.execution.run(this.access, seen, this.expectation);
    return this.expectation;
  }

  /**
   * Compares what the machine did. `insn` carries its result.
   * @returns how many divergences were added to the log; 0 when everything agrees.
   */
  after(insn: Instruction, seen: Observation, machine: MachineMemory): number {
    const { access, judge, reporter } = this;
    const exp = this.expectation;
    if (seen.pieces.length !== 0) seen.pieces.unmatch();
    this.execution.run(access, seen, exp);
    this.execution.unsure.settle(insn, exp, this.memory, machine);
    if (seen.pieces.length === 0) {
      if (this.plainlyEqual(insn, seen, machine)) return 0;
    } else this.bus.settle(seen.pieces);
    reporter.found = 0;
    judge.judge(access, exp, seen, insn, machine);
    if (access.op === OP.READ && exp.readonly === 1 && insn.resultWritten === 1) {
      this.unreadable.succeeded(wordsToPage(exp.gpaHi, exp.gpaLo));
    }
    if (reporter.found > 0) this.resynchronise(machine);
    return reporter.found;
  }

  /**
   * An exit that an event of the host's caused: it must be served exactly once, whatever the vCPU and the design, and with the host's own XCR0
   * and PKRU.
   */
  hostEvent(kind: 'external-interrupt' | 'machine-check', served: number, withGuestState: boolean, line: number): void {
    const check = kind === 'machine-check';
    const access = check ? 'machine check' : 'interrupt of the host';
    const key = EVENT_KEY - line * 4 - (check ? 2 : 0);
    if (served !== 1)
      this.log.add(key, () => ({
        kind: 'unserviced-interrupt',
        text: `the ${access} that caused the exit was served ${served} times, and not once: the host waits for it in vain`,
        access,
        line,
      }));
    if (withGuestState)
      this.log.add(key - 1, () => ({
        kind: 'guest-state-in-host',
        text: `the ${access} was handled with the guest's XCR0 or PKRU loaded: a handler that touches FPU state or schedules takes #GP`,
        access,
        line,
      }));
  }

  /** `before` for an access of another vCPU, while one is under way; one at a time. */
  beforeOther(insn: Instruction, regs: GuestRegisters, line: number): void {
    this.other.take(insn, regs.at, line);
  }

  /** `after` for the access given to `beforeOther`. It takes place now; the one under way, if it is not over, comes after it. */
  afterOther(insn: Instruction, seen: Observation, machine: MachineMemory): number {
    const { access, other } = this;
    this.access = other;
    this.other = access;
    const found = this.after(insn, seen, machine);
    this.access = access;
    this.other = other;
    return found;
  }

  /** Compares all memory that was ever written, at the end of a run; accessed and dirty bits of page tables are left out. */
  checkMemory(machine: MachineMemory): number {
    this.expectation.clear();
    const wide = (this.access.regs[REG.CR4]! & CR4.PAE) !== 0;
    return auditMemory(this.memory, machine, this.reporter, this.access, this.expectation, wide);
  }

  /** Nothing but memory and registers were involved, and they agree. */
  private plainlyEqual(insn: Instruction, seen: Observation, machine: MachineMemory): boolean {
    const exp = this.expectation;
    if (exp.vector >= 0 || seen.vector >= 0 || exp.pieces.length !== 0 || seen.stopped === 1) return false;
    if (exp.hasResult === 1 && (insn.resultWritten === 0 || !sameBytes(exp.result, insn.result, this.access.size))) {
      return false;
    }
    if (exp.readonly === 1) return false;
    return exp.ranges.length === 0 || this.judge.rangesAgree(exp, machine);
  }

  private resynchronise(machine: MachineMemory): void {
    const { parts } = this.execution;
    this.judge.resynchronise(this.expectation, machine);
    for (let i = 0; i < parts.count; i++) {
      this.judge.adopt(parts.hi[i]!, parts.lo[i]!, parts.size[i]!, machine);
    }
  }

  private store(hi: number, lo: number, count: number, words: Int32Array): boolean {
    const page = this.memory.lookup(hi, lo);
    if ((page & 2) === 0) return false;
    this.memory.write(page, hi, lo, count, words, 0);
    return true;
  }
}
