import { STAGE_PAINT, type Paint as Colours, type Stage, type VcpuResult } from '../../core/index.ts';

export type Theme = 'light' | 'dark';

export { STAGE_PAINT };

/** A colour in each theme; hatched where two things share it. */
export interface Paint extends Colours {
  readonly hatched?: true;
}

/**
 * Okabe and Ito's eight (Color Universal Design, 2008), lighter where the theme is dark, and two more that people with any of the three
 * deficiencies tell from them.
 */
const OKABE_ITO = {
  orange: { light: '#e69f00', dark: '#f0b429' },
  sky: { light: '#56b4e9', dark: '#7cc9f5' },
  green: { light: '#009e73', dark: '#1fb88c' },
  yellow: { light: '#f0e442', dark: '#f5ec70' },
  blue: { light: '#0072b2', dark: '#3f97d4' },
  vermilion: { light: '#d55e00', dark: '#ee7733' },
  purple: { light: '#cc79a7', dark: '#e093be' },
  ink: { light: '#4a4f55', dark: '#d5d9dd' },
  violet: { light: '#8811dd', dark: '#9955ff' },
  brown: { light: '#663311', dark: '#996644' },
} as const satisfies Record<string, Paint>;

const hatched = (paint: Colours): Paint => ({ ...paint, hatched: true });

/**
 * What leaves a guest, by the names that perf prints: those that mean the same on two vendors are one, Intel's first. Accesses to memory and I/O
 * are plain; what the run loop has to do with is hatched, as there are no more colours that everybody can tell apart.
 */
export const EXIT_MEANINGS: readonly { readonly reasons: readonly string[]; readonly paint: Paint }[] = [
  { reasons: ['EPT_VIOLATION', 'NPF'], paint: OKABE_ITO.blue },
  { reasons: ['EPT_MISCONFIG'], paint: OKABE_ITO.orange },
  { reasons: ['IO_INSTRUCTION', 'IOIO'], paint: OKABE_ITO.green },
  { reasons: ['CPUID'], paint: OKABE_ITO.yellow },
  { reasons: ['HLT'], paint: OKABE_ITO.purple },
  { reasons: ['VMCALL', 'VMMCALL'], paint: OKABE_ITO.sky },
  { reasons: ['EXCEPTION_NMI', 'PF_EXCEPTION'], paint: OKABE_ITO.vermilion },
  { reasons: ['CR_ACCESS', 'CR0_WRITE', 'CR3_WRITE', 'CR4_WRITE'], paint: OKABE_ITO.violet },
  { reasons: ['INVLPG'], paint: OKABE_ITO.brown },
  { reasons: ['EXTERNAL_INTERRUPT', 'INTR'], paint: hatched(OKABE_ITO.blue) },
  { reasons: ['INTERRUPT_WINDOW', 'VINTR'], paint: hatched(OKABE_ITO.sky) },
  { reasons: ['MSR_WRITE', 'MSR_WRITE_IMM', 'MSR'], paint: hatched(OKABE_ITO.orange) },
  { reasons: ['APIC_WRITE', 'AVIC_INCOMPLETE_IPI'], paint: hatched(OKABE_ITO.yellow) },
  { reasons: ['PREEMPTION_TIMER'], paint: hatched(OKABE_ITO.purple) },
  { reasons: ['INVD', 'WBINVD'], paint: hatched(OKABE_ITO.green) },
  { reasons: ['XSETBV'], paint: hatched(OKABE_ITO.violet) },
  { reasons: ['PML_FULL'], paint: hatched(OKABE_ITO.brown) },
  { reasons: ['MCE_DURING_VMENTRY', 'MC_EXCEPTION'], paint: hatched(OKABE_ITO.vermilion) },
];

/** A reason without a colour of its own has the neutral one. */
export const OTHER_EXIT: Paint = OKABE_ITO.ink;

/** Colour of an event: that of the stage it happens in. */
const EVENT_STAGE: readonly (readonly [RegExp, Stage])[] = [
  [/^(access|hw_guest_fault)/, 'guest'],
  [/^hw_/, 'walk'],
  [/^kvm_(exit|entry)$/, 'world switch'],
  [/^kvm_inj_exception$/, 'dispatch'],
  [/^(kvm_mmio|kvm_pio|kvm_emulate_insn)$/, 'emulation'],
  [/^(kvm_fast_mmio|coalesced_mmio)$/, 'bus'],
  [/^eventfd/, 'eventfd'],
  [/userspace|^host$/, 'userspace'],
  [/mmu|page_fault|mmio_spte/, 'mmu'],
];

/** Stage that an event belongs to; null for a kind that is not known. */
export const stageOfEvent = (name: string): Stage | null =>
  EVENT_STAGE.find(([pattern]) => pattern.test(name))?.[1] ?? null;

export function eventPaint(name: string): Paint {
  const stage = stageOfEvent(name);
  return stage === null ? OKABE_ITO.vermilion : STAGE_PAINT[stage];
}

/** What is no stage: totals, shares, whole runs. */
export const NEUTRAL: Paint = { light: '#9db9dc', dark: '#4d729e' };

/** What vCPUs wait for, by the kernel's symbol: those that spin are plain, those that sleep are hatched. */
export const WAIT_PAINT: Readonly<Record<VcpuResult['waits'][number]['symbol'], Paint>> = {
  queued_spin_lock_slowpath: OKABE_ITO.vermilion,
  queued_read_lock_slowpath: OKABE_ITO.green,
  queued_write_lock_slowpath: OKABE_ITO.orange,
  kvm_vcpu_halt: OKABE_ITO.violet,
  __mutex_lock_slowpath: hatched(OKABE_ITO.blue),
  __synchronize_srcu: hatched(OKABE_ITO.brown),
  kvm_vcpu_block: hatched(OKABE_ITO.purple),
  schedule: hatched(OKABE_ITO.ink),
};

/** Time in which a vCPU had nothing to do. */
export const WITHOUT_WORK: Paint = { light: '#d3d8de', dark: '#3a3d43' };

/** Colours of a chart's own lines and letters; the same as the window's. */
export const INK = {
  light: { text: '#1c2024', muted: '#555d66', grid: '#d3d8de', ground: '#ffffff', accent: '#0a58b8' },
  dark: { text: '#e7e8ea', muted: '#adb3bb', grid: '#3a3d43', ground: '#1e1f22', accent: '#77b6ff' },
} as const;
