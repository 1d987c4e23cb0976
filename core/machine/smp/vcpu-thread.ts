import { STEP } from '../../cost/steps.ts';
import { Instruction, OP } from '../../guest/instruction.ts';
import { PARALLEL } from '../../guest/parallel.ts';
import { RECORD } from '../../guest/records.ts';
import { codeOf, decodeInstruction, lineOf, sizeOf } from '../decode.ts';
import { STAT } from '../../kvm/stats.ts';
import type { Machine } from '../machine.ts';
import type { OtherVcpu, OtherVcpuParts } from '../other-vcpu.ts';
import { fillKick, fillPort } from '../ring.ts';
import { HANDLER_ENDED, type Program, PROGRAM_ENDED } from './program.ts';
import { STEPPED, Thread } from './thread.ts';

/** What a thread needs of its vCPU. */
type VcpuParts = Pick<OtherVcpuParts, 'cpu' | 'vcpu' | 'paths'>;

/** One vCPU on its way through its program. */
export class VcpuThread extends Thread {
  readonly parts: VcpuParts;
  /** What it is to do in the run of programs under way. */
  program: Program | null = null;
  /** Instructions carried out, those of handlers included. */
  instructions = 0;
  private readonly machine: Machine;
  private readonly records: () => Float64Array;
  /** Null for vCPU 0, which is the machine's own. */
  private readonly other: OtherVcpu | null;
  private readonly insn = new Instruction();
  /** Exits of the VM before the step under way, and whether the step had one. */
  private exitsBefore = 0;
  private exited = false;
  private wasAsked = false;
  private isOut = false;

  constructor(machine: Machine, other: OtherVcpu | null, records: () => Float64Array) {
    const parts: VcpuParts = other?.parts ?? machine.parts;
    super(parts.vcpu.id, parts.paths);
    this.machine = machine;
    this.other = other;
    this.parts = parts;
    this.records = records;
  }

  get name(): string {
    return `vCPU ${this.id}`;
  }

  /** A step that leaves the guest counts as inside KVM from its beginning to its end. */
  override get readsSrcu(): boolean {
    return this.exited && !this.ended;
  }

  protected carryOut(): number {
    const { stats } = this.parts.vcpu.kvm;
    this.exitsBefore = stats[STAT.exits]!;
    const stepped = this.next();
    this.exited = stats[STAT.exits]! !== this.exitsBefore;
    return stepped;
  }

  private next(): number {
    const at = this.program?.next() ?? PROGRAM_ENDED;
    if (at === PROGRAM_ENDED) return STEPPED.ENDED;
    this.serveRequests();
    const stepped = at === HANDLER_ENDED ? this.iret() : this.record(at);
    this.parts.cpu.flushHits();
    return stepped;
  }

  /** Something was asked of the vCPU just now: a kick brings it out, unless it is out already. */
  asked(now: number): void {
    if (this.wasAsked || !this.parts.vcpu.hasRequests) return;
    this.wasAsked = true;
    this.isOut = this.exited && this.time > now;
  }

  private serveRequests(): void {
    const { vcpu } = this.parts;
    const { hostPaths } = vcpu.kvm;
    vcpu.serveRequests(this.isOut);
    this.wasAsked = false;
    this.isOut = false;
    // The last vCPU to leave a root has it freed; the host pays.
    if (hostPaths.node !== 0) hostPaths.end();
  }

  private record(at: number): number {
    const records = this.records();
    const header = records[at]! | 0;
    const code = codeOf(header);
    const line = lineOf(header);
    const first = records[at + 1]!;
    switch (code) {
      case RECORD.PAUSE:
        this.paths.addMany(STEP['guest.pause'], first);
        this.paths.end();
        return STEPPED.DONE;
      case RECORD.KICK:
      case RECORD.BELL_READ:
      case RECORD.BELL_ADD:
        this.ring(code, first, records[at + 2]!, line);
        return STEPPED.DONE;
      case RECORD.PARALLEL:
        if (sizeOf(header) === PARALLEL.SPIN_UNTIL) return this.spin(at, line);
        this.machine.stopAt('cpu.together() inside cpu.together()', line);
        return STEPPED.DONE;
      case RECORD.HOST:
        this.machine.stopAt(
          'what the host does beside the vCPUs belongs into the second argument of cpu.together()',
          line,
        );
        return STEPPED.DONE;
      default:
        decodeInstruction(header, records, at, this.insn);
        this.execute(line);
        return STEPPED.DONE;
    }
  }

  /** One round of a spin loop: load, comparison, PAUSE. */
  private spin(at: number, line: number): number {
    const records = this.records();
    const address = records[at + 1]!;
    const value = records[at + 2]!;
    const bytes = records[at + 3]!;
    const { insn } = this;
    insn.clear(OP.READ, bytes, Math.floor(address / 0x1_0000_0000) | 0, address | 0);
    this.execute(line);
    const hi = bytes === 8 ? insn.result[1]! : 0;
    const mask = bytes >= 4 ? -1 : (1 << (8 * bytes)) - 1;
    const found = (insn.result[0]! & mask) === ((value | 0) & mask);
    if (found && (bytes < 8 || hi === (Math.floor(value / 0x1_0000_0000) | 0))) return STEPPED.DONE;
    this.paths.add(STEP['guest.spin']);
    this.paths.end();
    this.program!.again();
    return STEPPED.SPUN;
  }

  private ring(code: number, id: number, value: number, line: number): void {
    const bell = this.machine.parts.doorbells[id]!;
    const { insn } = this;
    if (bell.space !== 'pio') {
      fillKick(insn, code, bell, value);
      return this.execute(line);
    }
    if (code !== RECORD.KICK) {
      fillPort(insn, OP.IN, bell, 0);
      this.execute(line);
    }
    if (code === RECORD.BELL_READ) return;
    fillPort(insn, OP.OUT, bell, value);
    this.execute(line);
  }

  private execute(line: number): void {
    const { other, machine, insn } = this;
    this.instructions++;
    if (other === null) return machine.carryOutAt(insn, line);
    other.carryOutNow(insn, line, machine.notes);
    if (other.problem !== '') machine.stopAt(`${this.name}: ${other.problem}`, line);
  }

  private iret(): number {
    this.paths.add(STEP['guest.iret']);
    this.paths.end();
    return STEPPED.DONE;
  }
}
