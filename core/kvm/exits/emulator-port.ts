import { STEP } from '../../cost/steps.ts';
import { type Instruction, OP } from '../../guest/instruction.ts';
import { REG } from '../../guest/registers.ts';
import { VECTOR } from '../../spec/paging.ts';
import { PFERR, type VmExit } from '../../spec/vm-exit.ts';
import { type EmulatorPort, TRANSLATED } from '../emulate/emulator-port.ts';
import { APIC_GFN } from '../io/irqchip.ts';
import { FetchWalk } from '../mmu/fetch-walk.ts';
import { guestLevels, type GuestWalk, isCanonicalHi } from '../mmu/guest-walk.ts';
import type { Vcpu } from '../vcpu.ts';

/** Calls of the emulator through kvm_x86_ops and its own operation table. Estimate, from reading 4.15. */
const EMULATOR_CALLS = 10;

/** What the emulator sees of its vCPU: the exit's guest-physical address, the guest's tables, guest memory. */
export class VcpuEmulatorPort implements EmulatorPort {
  gpaHi = 0;
  gpaLo = 0;
  private exitGpaHi = 0;
  private exitGpaLo = 0;
  /** The exit's GPA may stand for the operand's: it has one, of one memory operand, not of a string instruction. */
  private exitGpaUsable = false;
  /** The exit brought the instruction's bytes along. */
  private hasBytes = false;
  private readonly vcpu: Vcpu;
  private readonly walk: GuestWalk;
  private readonly fetch: FetchWalk;

  constructor(vcpu: Vcpu) {
    this.vcpu = vcpu;
    this.walk = vcpu.walk;
    this.fetch = new FetchWalk(vcpu.regs, vcpu.kvm.ram);
  }

  setExit(exit: VmExit, insn: Instruction): void {
    const { kvm, regs } = this.vcpu;
    // Under shadow paging an exit gives a linear address: the guest-physical one only where the guest has no paging.
    const shadow = kvm.shadow !== null;
    this.exitGpaHi = shadow ? 0 : exit.gpaHi;
    this.exitGpaLo = shadow ? exit.glaLo : exit.gpaLo;
    this.exitGpaUsable = kvm.policy.exitGpaUsed && insn.op < OP.OUTS && (!shadow || guestLevels(regs) === 0);
    this.hasBytes = this.vcpu.kvm.suppliesBytes;
  }

  clearExit(): void {
    this.exitGpaUsable = false;
    this.hasBytes = false;
  }

  /** The bytes come with the exit where the CPU has decode assists; else through a walk of the guest's tables for RIP. */
  fetchInstruction(): void {
    const { blocks, paths, regs } = this.vcpu;
    paths.addN(STEP['mitigation.retpoline'], blocks.retpoline * EMULATOR_CALLS);
    if (this.hasBytes) return;
    paths.add(STEP['x86_decode_insn.fetch']);
    paths.addN(STEP.paging64_walk_addr, this.fetch.depth(regs.at[REG.RIP_HI]!, regs.at[REG.RIP_LO]!));
  }

  /**
   * Under shadow paging an MMIO SPTE exits whatever its rights are, so a fetch through one has still to pass the guest's own tables, where the
   * emulator reads the instruction. False: the fault is in `vcpu.fault`.
   */
  canFetch(hi: number, lo: number): boolean {
    const { fault, paths, regs, walk } = this.vcpu;
    const user = regs.at[REG.CPL] === 3 ? PFERR.U : 0;
    const found = walk.walk(hi, lo, PFERR.FETCH | user);
    if (found) return true;
    paths.add(STEP.x86_emulate_instruction);
    paths.add(STEP['x86_decode_insn.fetch']);
    paths.addN(STEP.paging64_walk_addr, walk.levels);
    fault.set(VECTOR.PF, walk.errorCode, hi, lo);
    return false;
  }

  translate(hi: number, lo: number, write: number): number {
    const { paths } = this.vcpu;
    paths.add(STEP.vcpu_mmio_gva_to_gpa);
    if (this.exitGpaUsable && ((lo ^ this.exitGpaLo) & 0xfff) === 0) {
      this.gpaHi = this.exitGpaHi;
      this.gpaLo = this.exitGpaLo;
      return this.kindOf(this.exitGpaHi, this.exitGpaLo);
    }
    if (!this.isCanonical(hi)) {
      this.vcpu.fault.set(VECTOR.GP, 0, 0, 0);
      return TRANSLATED.FAULT;
    }
    if (this.isCachedMmio(hi, lo, write)) return TRANSLATED.MMIO;
    const { walk } = this;
    const found = walk.translate(hi, lo, write !== 0);
    paths.addN(STEP.paging64_walk_addr, walk.levels);
    paths.addN(STEP.paging64_update_accessed_dirty_bits, walk.updated);
    if (!found) {
      this.vcpu.fault.set(VECTOR.PF, walk.errorCode, hi, lo);
      return TRANSLATED.FAULT;
    }
    this.gpaHi = walk.gpaHi;
    this.gpaLo = walk.gpaLo;
    return this.kindOf(walk.gpaHi, walk.gpaLo);
  }

  readRam(hi: number, lo: number, bytes: number, out: Int32Array, at: number): boolean {
    this.vcpu.paths.add(STEP['emulator_read_emulated.ram']);
    return this.vcpu.kvm.ram.read(hi, lo, bytes, out, at);
  }

  writeRam(hi: number, lo: number, bytes: number, from: Int32Array, at: number): boolean {
    const { kvm, paths } = this.vcpu;
    paths.add(STEP['emulator_read_emulated.ram']);
    if (!kvm.ram.write(hi, lo, bytes, from, at)) return false;
    kvm.shadow?.pteWritten(this.vcpu, hi, lo, bytes);
    return true;
  }

  /** vcpu_match_mmio_gva(), under shadow paging: the page is the one last found to be MMIO, and the guest allows the access. */
  private isCachedMmio(hi: number, lo: number, write: number): boolean {
    const { kvm, mmioCache, regs } = this.vcpu;
    if (kvm.shadow === null || !mmioCache.matchesGva(hi, lo, kvm.generationWord())) return false;
    const access = (write !== 0 ? PFERR.W : 0) | (regs.at[REG.CPL] === 3 ? PFERR.U : 0);
    if (guestLevels(regs) !== 0 && this.walk.permissionFault(mmioCache.access, 0, access) !== 0) return false;
    this.gpaHi = mmioCache.gpaHi;
    this.gpaLo = mmioCache.gpaLo | (lo & 0xfff);
    return true;
  }

  /** __linearize(): an address that long mode does not have is a #GP before any walk. */
  private isCanonical(hi: number): boolean {
    const levels = guestLevels(this.vcpu.regs);
    return levels < 4 || isCanonicalHi(levels, hi);
  }

  /** vcpu_is_mmio_gpa: the local APIC's page, or the cached MMIO page. */
  private kindOf(hi: number, lo: number): number {
    if (hi === 0 && lo >>> 12 === APIC_GFN) return TRANSLATED.MMIO;
    return this.vcpu.isCachedMmio(hi, lo) ? TRANSLATED.MMIO : TRANSLATED.GPA;
  }
}
