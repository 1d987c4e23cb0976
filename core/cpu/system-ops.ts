import { CR0, CR4, EFER, REG } from '../guest/registers.ts';
import { OP, type Instruction } from '../guest/instruction.ts';
import { CR_QUAL } from '../spec/ept.ts';
import { reservedAddressHi, VECTOR } from '../spec/paging.ts';
import { MSR } from '../spec/msr.ts';
import { AVIC_IPI, EXIT_REASON, SVM_EXIT } from '../spec/vm-exit.ts';
import type { Cpu } from './cpu.ts';
import { CPU_DONE } from './outcome.ts';
import { WALK_FAULT, WALK_OK } from './table-walker.ts';
import { fillInstructionExit, ioQualification } from './exits.ts';
import { ICR_WRITE, type VirtualIcr } from './virtual-icr.ts';

/** Bit 63 of a new CR3: keep what is cached of the new PCID. */
const NO_FLUSH_HI = 1 << 31;

/** Offset of the ICR on the APIC page: the qualification of an APIC-write exit. */
const ICR_OFFSET = 0x300;

/** Everything that is neither a plain memory access nor STOS or MOVS. */
export function executeSystem(cpu: Cpu, insn: Instruction): number {
  switch (insn.op) {
    case OP.OUT:
    case OP.IN:
    case OP.OUTS:
    case OP.INS:
      return portAccess(cpu, insn);
    case OP.CPUID:
      return leave(cpu, insn, EXIT_REASON.CPUID, SVM_EXIT.CPUID, 0);
    case OP.HLT:
      return leave(cpu, insn, EXIT_REASON.HLT, SVM_EXIT.HLT, 0);
    case OP.VMCALL:
      return leave(cpu, insn, EXIT_REASON.VMCALL, SVM_EXIT.VMMCALL, 0);
    case OP.INVD:
      return privileged(cpu, insn, EXIT_REASON.INVD, SVM_EXIT.INVD);
    case OP.WBINVD:
      return privileged(cpu, insn, EXIT_REASON.WBINVD, SVM_EXIT.WBINVD);
    case OP.WRMSR:
      if (cpu.icr !== null && insn.lo >>> 0 === MSR.X2APIC_ICR && cpu.registers.at[REG.CPL] === 0)
        return writeIcr(cpu, cpu.icr, insn);
      return privileged(cpu, insn, insn.size === 1 ? EXIT_REASON.MSR_WRITE_IMM : EXIT_REASON.MSR_WRITE, SVM_EXIT.MSR);
    case OP.XSETBV:
      return xsetbv(cpu, insn);
    case OP.MOV_CR3:
      return moveToCr3(cpu, insn);
    case OP.MOV_CR0:
      return moveToCr0(cpu, insn);
    case OP.MOV_CR4:
      return moveToCr4(cpu, insn);
    case OP.INVLPG:
      return invlpg(cpu, insn);
    case OP.INVPCID:
      return invpcid(cpu, insn);
    case OP.WRPKRU:
      return setRegister(cpu, insn, REG.PKRU, insn.data[0]!);
    case OP.SET_CPL:
      return setRegister(cpu, insn, REG.CPL, insn.size);
    case OP.SET_AC:
      return setRegister(cpu, insn, REG.AC, insn.size);
    default:
      return done(cpu, insn);
  }
}

function done(cpu: Cpu, insn: Instruction): number {
  cpu.accounts.charge(insn);
  return CPU_DONE;
}

function setRegister(cpu: Cpu, insn: Instruction, register: number, value: number): number {
  cpu.registers.at[register] = value;
  cpu.registersChanged();
  return done(cpu, insn);
}

function generalProtection(cpu: Cpu, insn: Instruction): number {
  return cpu.guestFault(insn, VECTOR.GP, 0, 0, 0);
}

function leave(cpu: Cpu, insn: Instruction, intel: number, amd: number, qualification: number): number {
  fillInstructionExit(cpu.exit, cpu.config, insn, intel, amd, qualification);
  return cpu.raise(insn);
}

/** INVD, WBINVD and WRMSR leave the guest, but for CPL: #GP of CPL 3 comes first (SDM vol. 3C, "Relative Priority of Faults and VM Exits"). */
function privileged(cpu: Cpu, insn: Instruction, intel: number, amd: number): number {
  if (cpu.registers.at[REG.CPL] !== 0) return generalProtection(cpu, insn);
  return leave(cpu, insn, intel, amd, 0);
}

/** WRMSR of the ICR where the CPU sends IPIs by itself: no exit, or one behind the instruction. */
function writeIcr(cpu: Cpu, icr: VirtualIcr, insn: Instruction): number {
  const outcome = icr.write(insn.data[1]!, insn.data[0]!);
  if (outcome === ICR_WRITE.DONE) return done(cpu, insn);
  const why = outcome === ICR_WRITE.INCOMPLETE ? AVIC_IPI.TARGET_NOT_RUNNING : AVIC_IPI.INVALID_TYPE;
  const intel = cpu.config.vendor === 'intel';
  return leave(cpu, insn, EXIT_REASON.APIC_WRITE, SVM_EXIT.AVIC_INCOMPLETE_IPI, intel ? ICR_OFFSET : why);
}

/** XSETBV leaves the guest unconditionally on Intel; #UD without CR4.OSXSAVE comes first. */
function xsetbv(cpu: Cpu, insn: Instruction): number {
  if ((cpu.registers.at[REG.CR4]! & CR4.OSXSAVE) === 0) return cpu.guestFault(insn, VECTOR.UD, 0, 0, 0);
  return privileged(cpu, insn, EXIT_REASON.XSETBV, SVM_EXIT.XSETBV);
}

/** EXITINFO1 bit 63: the instruction was a MOV (APM vol. 2, 15.8.1, "MOV CRx/DRx Intercepts"). */
const CR_WRITE_VALID_HI = 1 << 31;

/** MOV to CR: SDM vol. 3C, table "Exit Qualification for Control-Register Accesses"; EXITINFO1 of AMD's decode assists. The operand is RAX. */
function leaveForCr(cpu: Cpu, insn: Instruction, number: number, amd: number): number {
  const intel = cpu.config.vendor === 'intel';
  const qualification = intel ? number | CR_QUAL.MOV_TO_CR : 0;
  fillInstructionExit(cpu.exit, cpu.config, insn, EXIT_REASON.CR_ACCESS, amd, qualification);
  if (!intel) cpu.exit.infoHi = CR_WRITE_VALID_HI;
  return cpu.raise(insn);
}

/**
 * A MOV to CR0 or CR4 leaves the guest where it changes a bit that the hypervisor owns (guest/host mask and read shadow, SDM vol. 3C,
 * 26.1.3); AMD has no masks: any does. The exit comes before the checks that raise #GP.
 */
const crExits = (cpu: Cpu, owned: number, changed: number): boolean =>
  cpu.config.vendor === 'amd' ? owned !== 0 : (owned & changed) !== 0;

/** Port accesses always exit, before memory is touched; a REP form with no elements left does nothing. */
function portAccess(cpu: Cpu, insn: Instruction): number {
  const string = insn.op === OP.OUTS || insn.op === OP.INS;
  if (string && insn.count <= 0) return done(cpu, insn);
  const qualification = ioQualification(cpu.config, insn, cpu.mode.levels >= 4);
  fillInstructionExit(cpu.exit, cpu.config, insn, EXIT_REASON.IO_INSTRUCTION, SVM_EXIT.IOIO, qualification);
  if (string) {
    cpu.exit.glaHi = insn.hi;
    cpu.exit.glaLo = insn.lo;
  }
  return cpu.raise(insn);
}

/** New value in `data`. SDM vol. 3A, 4.10.4.1: what MOV to CR3 invalidates. */
function moveToCr3(cpu: Cpu, insn: Instruction): number {
  if (cpu.controls.interceptCr3 !== 0) {
    return leaveForCr(cpu, insn, 3, SVM_EXIT.CR3_WRITE);
  }
  const { mode, registers, config } = cpu;
  const long = mode.levels >= 4;
  const keep = mode.pcide && (insn.data[1]! & NO_FLUSH_HI) !== 0;
  const hi = long ? insn.data[1]! & (mode.pcide ? ~NO_FLUSH_HI : ~0) : 0;
  if ((hi & ~0xfffff) !== 0 || (hi & reservedAddressHi(config.maxphyaddr)) !== 0) return generalProtection(cpu, insn);
  const oldLo = registers.at[REG.CR3_LO]!;
  const oldHi = registers.at[REG.CR3_HI]!;
  registers.at[REG.CR3_LO] = insn.data[0]!;
  registers.at[REG.CR3_HI] = hi;
  cpu.registersChanged();
  if (mode.levels === 3) {
    const outcome = loadPointers(cpu, insn);
    if (outcome !== CPU_DONE) {
      registers.at[REG.CR3_LO] = oldLo;
      registers.at[REG.CR3_HI] = oldHi;
      cpu.registersChanged();
      return outcome;
    }
  }
  if (!keep) cpu.invalidation.pcid(mode.pcid);
  return done(cpu, insn);
}

/** PAE: the four page-directory-pointer entries are loaded with CR3. */
function loadPointers(cpu: Cpu, insn: Instruction): number {
  const { translator, mode } = cpu;
  translator.pae.forget();
  const outcome = translator.pae.load(mode, translator.nativeRoot, translator.walker);
  if (outcome === WALK_OK) return CPU_DONE;
  translator.pae.forget();
  return outcome === WALK_FAULT ? generalProtection(cpu, insn) : cpu.stop(translator.refuseUnaddressed(), insn, 0, 0);
}

/** New value in `data`. Clearing PG drops everything; setting it with EFER.LME enters long mode. */
function moveToCr0(cpu: Cpu, insn: Instruction): number {
  const at = cpu.registers.at;
  const old = at[REG.CR0]!;
  const value = insn.data[0]!;
  if (crExits(cpu, cpu.controls.ownedCr0, old ^ value)) return leaveForCr(cpu, insn, 0, SVM_EXIT.CR0_WRITE);
  if ((value & CR0.PG) !== 0 && (value & CR0.PE) === 0) return generalProtection(cpu, insn);
  if ((value & CR0.PG) === 0 && (at[REG.CR4]! & CR4.PCIDE) !== 0) return generalProtection(cpu, insn);
  at[REG.CR0] = value;
  if (((old ^ value) & CR0.PG) !== 0) {
    const longMode = (value & CR0.PG) !== 0 && (at[REG.EFER]! & EFER.LME) !== 0;
    at[REG.EFER] = longMode ? at[REG.EFER]! | EFER.LMA : at[REG.EFER]! & ~EFER.LMA;
    cpu.invalidation.allLinear();
  }
  cpu.registersChanged();
  return done(cpu, insn);
}

/** New value in `data`. SDM vol. 3A, 4.10.4.1; bits beyond PGE and PCIDE that change the meaning of entries drop everything too. */
function moveToCr4(cpu: Cpu, insn: Instruction): number {
  const at = cpu.registers.at;
  const old = at[REG.CR4]!;
  const value = insn.data[0]!;
  const changed = old ^ value;
  if (crExits(cpu, cpu.controls.ownedCr4, changed)) return leaveForCr(cpu, insn, 4, SVM_EXIT.CR4_WRITE);
  const raised = value & ~old;
  const long = (at[REG.EFER]! & EFER.LMA) !== 0;
  if (long && (changed & (CR4.PAE | CR4.LA57)) !== 0) return generalProtection(cpu, insn);
  if ((raised & CR4.PCIDE) !== 0 && (!long || (at[REG.CR3_LO]! & 0xfff) !== 0)) return generalProtection(cpu, insn);
  at[REG.CR4] = value;
  const drops = changed & (CR4.PGE | CR4.PAE | CR4.PSE | CR4.LA57);
  if (drops !== 0 || (old & ~value & CR4.PCIDE) !== 0 || (raised & CR4.SMEP) !== 0) cpu.invalidation.allLinear();
  cpu.registersChanged();
  return done(cpu, insn);
}

function invlpg(cpu: Cpu, insn: Instruction): number {
  if (cpu.controls.interceptInvlpg !== 0) {
    fillInstructionExit(cpu.exit, cpu.config, insn, EXIT_REASON.INVLPG, SVM_EXIT.INVLPG, insn.lo);
    cpu.exit.glaHi = insn.hi;
    cpu.exit.glaLo = insn.lo;
    return cpu.raise(insn);
  }
  cpu.invalidation.address(cpu.mode.canonicalShift === 31 ? 0 : insn.hi, insn.lo);
  return done(cpu, insn);
}

/** Type in `size`, PCID in `count`, address in hi/lo. SDM vol. 2, INVPCID. */
function invpcid(cpu: Cpu, insn: Instruction): number {
  if (cpu.controls.interceptInvlpg !== 0) return leave(cpu, insn, EXIT_REASON.INVPCID, SVM_EXIT.INVPCID, 0);
  const { mode, invalidation } = cpu;
  const { size: type, count: pcid, hi, lo } = insn;
  if (type > 3 || pcid > 0xfff || (!mode.pcide && pcid !== 0 && type < 2)) return generalProtection(cpu, insn);
  const shift = mode.canonicalShift;
  if (type === 0) {
    if ((hi << shift) >> shift !== hi) return generalProtection(cpu, insn);
    invalidation.addressOfPcid(hi, lo, pcid);
  } else if (type === 1) invalidation.pcid(pcid);
  else if (type === 2) invalidation.allLinear();
  else invalidation.nonGlobal();
  return done(cpu, insn);
}
