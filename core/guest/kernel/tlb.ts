import type { StateSet } from '../../base/state.ts';
import { pageHi, pageLo } from './geometry.ts';
import type { KernelPort } from './port.ts';
import type { Processes } from './processes.ts';
import type { KernelRelease } from './release.ts';
import { STAT, type Stats } from './stats.ts';

/** TLB_NR_DYN_ASIDS. */
const SLOTS = 6;
const LOADED = 0;
const NEXT = 1;
const ASID = 2;
const OWNER = 3;
const GEN = OWNER + SLOTS;
const NOBODY = -1;
const NO_FLUSH = 1 << 31;

/**
 * The TLB as the kernel keeps it true (arch/x86/mm/tlb.c): which address space is loaded, which PCID it has, what must be flushed. An
 * address space that is not loaded is flushed when it comes back; without PCIDs every load of CR3 does so anyhow.
 */
export class Tlb {
  /** [loaded process or -1, next slot, slot in use, owner of each slot, generation of each slot]. */
  private readonly state = new Int32Array(GEN + SLOTS).fill(NOBODY, OWNER, GEN);
  private readonly port: KernelPort;
  private readonly processes: Processes;
  private readonly release: KernelRelease;
  private readonly stats: Stats;
  private readonly pcid: boolean;
  private readonly initPgd: number;

  constructor(
    port: KernelPort,
    processes: Processes,
    release: KernelRelease,
    stats: Stats,
    pcid: boolean,
    initPgd: number,
  ) {
    this.port = port;
    this.processes = processes;
    this.release = release;
    this.stats = stats;
    this.pcid = pcid;
    this.initPgd = initPgd;
    this.state[LOADED] = NOBODY;
  }

  register(set: StateSet): void {
    set.addState(() => [this.state]);
  }

  /** The process whose tables CR3 points to, -1 for none. */
  get loaded(): number {
    return this.state[LOADED]!;
  }

  /** switch_mm_irqs_off: loads a process's CR3, unless it is loaded. */
  switchTo(pid: number): void {
    const { state, processes } = this;
    if (state[LOADED] === pid) return;
    state[LOADED] = pid;
    if (!this.pcid) return this.load(processes.pgd[pid]!, 0, 0);
    let slot = 0;
    while (slot < SLOTS && state[OWNER + slot] !== pid) slot++;
    const keeps = slot < SLOTS && state[GEN + slot] === processes.tlbGen[pid];
    if (slot === SLOTS) {
      slot = state[NEXT]!;
      state[NEXT] = (slot + 1) % SLOTS;
      state[OWNER + slot] = pid;
    }
    state[ASID] = slot;
    state[GEN + slot] = processes.tlbGen[pid]!;
    this.load(processes.pgd[pid]!, slot + 1, keeps ? NO_FLUSH : 0);
  }

  /** exec: the process has got other tables. */
  replace(pid: number): void {
    this.forget(pid);
    if (this.state[LOADED] !== pid) return;
    this.state[LOADED] = NOBODY;
    this.switchTo(pid);
  }

  /** Loads the tables of the idle task (init_mm). */
  leave(): void {
    if (this.state[LOADED] === NOBODY) return;
    this.state[LOADED] = NOBODY;
    this.load(this.initPgd, 0, 0);
  }

  /** An address space ends: no slot may be taken for a later one's. */
  forget(pid: number): void {
    const { state } = this;
    for (let slot = 0; slot < SLOTS; slot++) if (state[OWNER + slot] === pid) state[OWNER + slot] = NOBODY;
  }

  /** flush_tlb_page. */
  flushPage(pid: number, page: number): void {
    this.flushRange(pid, page, page + 1, 1);
  }

  /** flush_tlb_mm_range: entries `stride` pages apart, one by one up to the ceiling, else all. */
  flushRange(pid: number, start: number, end: number, stride: number): void {
    const pages = Math.ceil((end - start) / stride);
    if (pages > this.release.flushCeiling) return this.flushAll(pid);
    this.note(pid);
    if (this.state[LOADED] !== pid) return;
    for (let page = start; page < end; page += stride) {
      this.port.invlpg(pageHi(page), pageLo(page));
      this.stats.add(STAT.nr_tlb_local_flush_one);
    }
  }

  /** flush_tlb_mm: CR3 is loaded again. */
  flushAll(pid: number): void {
    this.note(pid);
    if (this.state[LOADED] !== pid) return;
    const slot = this.state[ASID]!;
    this.load(this.processes.pgd[pid]!, this.pcid ? slot + 1 : 0, 0);
    this.stats.add(STAT.nr_tlb_local_flush_all);
  }

  /** inc_mm_tlb_gen. Where the address space is loaded, what follows brings its slot up to date. */
  private note(pid: number): void {
    if (!this.pcid) return;
    const generation = ++this.processes.tlbGen[pid]!;
    if (this.state[LOADED] === pid) this.state[GEN + this.state[ASID]!] = generation;
  }

  private load(pgd: number, pcid: number, flagsHi: number): void {
    this.port.loadCr3(Math.floor(pgd / 0x10_0000) | flagsHi, ((pgd % 0x10_0000) << 12) | pcid);
  }
}
