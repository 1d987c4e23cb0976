import { STAGE_PAINT, type DivergenceKind, type Paint, type Stage } from '../../core/index.ts';

export type Theme = 'light' | 'dark';

export { STAGE_PAINT };
export type { Paint };

/** Okabe and Ito's eight (Color Universal Design, 2008), lighter where the theme is dark. */
const OKABE_ITO = {
  orange: { light: '#e69f00', dark: '#f0b429' },
  sky: { light: '#56b4e9', dark: '#7cc9f5' },
  green: { light: '#009e73', dark: '#1fb88c' },
  yellow: { light: '#f0e442', dark: '#f5ec70' },
  blue: { light: '#0072b2', dark: '#3f97d4' },
  vermilion: { light: '#d55e00', dark: '#ee7733' },
  purple: { light: '#cc79a7', dark: '#e093be' },
  ink: { light: '#4a4f55', dark: '#c3c8ce' },
} as const satisfies Record<string, Paint>;

/** Exit reasons by the name that perf prints. What one vendor calls otherwise has the colour of its counterpart. */
const EXIT_PAINT: Readonly<Record<string, Paint>> = {
  EPT_VIOLATION: OKABE_ITO.blue,
  NPF: OKABE_ITO.blue,
  EPT_MISCONFIG: OKABE_ITO.orange,
  IO_INSTRUCTION: OKABE_ITO.green,
  IOIO: OKABE_ITO.green,
  CPUID: OKABE_ITO.yellow,
  HLT: OKABE_ITO.purple,
  VMCALL: OKABE_ITO.sky,
  VMMCALL: OKABE_ITO.sky,
  EXCEPTION_NMI: OKABE_ITO.vermilion,
  PF_EXCEPTION: OKABE_ITO.vermilion,
};

const KIND_PAINT: Readonly<Record<DivergenceKind, Paint>> = {
  'spurious-signal': OKABE_ITO.orange,
  'lost-signal': OKABE_ITO.vermilion,
  'lost-write': OKABE_ITO.blue,
  'wrong-write': OKABE_ITO.sky,
  'wrong-read': OKABE_ITO.green,
  'unreadable-page': OKABE_ITO.yellow,
  'swallowed-rmw': OKABE_ITO.purple,
  'unexpected-exit': STAGE_PAINT.bus,
  'missed-exit': STAGE_PAINT.walk,
  'wrong-exit': STAGE_PAINT.mmu,
  'stale-translation': STAGE_PAINT.eventfd,
  'wrong-fault': OKABE_ITO.ink,
};

/** Reasons without a colour of their own share the neutral one; the order of the table tells them apart. */
export const exitPaint = (reason: string): Paint => EXIT_PAINT[reason] ?? OKABE_ITO.ink;

export const divergencePaint = (kind: DivergenceKind): Paint => KIND_PAINT[kind];

/** Colour of an event: that of the stage it happens in. */
const EVENT_STAGE: readonly (readonly [RegExp, Stage])[] = [
  [/^(access|hw_guest_fault)/, 'guest'],
  [/^hw_/, 'walk'],
  [/^kvm_(exit|entry)$/, 'world switch'],
  [/^(kvm_mmio|kvm_pio|kvm_emulate_insn)$/, 'emulation'],
  [/^(kvm_fast_mmio|coalesced_mmio)$/, 'bus'],
  [/^eventfd/, 'eventfd'],
  [/userspace|^host$/, 'userspace'],
  [/mmu|page_fault|mmio_spte/, 'mmu'],
];

/** Stage that an event belongs to; null for one that is no work (a divergence). */
export const stageOfEvent = (name: string): Stage | null =>
  EVENT_STAGE.find(([pattern]) => pattern.test(name))?.[1] ?? null;

export function eventPaint(name: string): Paint {
  const stage = stageOfEvent(name);
  return stage === null ? OKABE_ITO.vermilion : STAGE_PAINT[stage];
}

/** What is no stage: totals, shares, whole runs. */
export const NEUTRAL: Paint = { light: '#9db9dc', dark: '#4d729e' };

/** Colours of a chart's own lines and letters; the same as the window's. */
export const INK = {
  light: { text: '#1c2024', muted: '#555d66', grid: '#d3d8de', ground: '#ffffff', accent: '#0a58b8' },
  dark: { text: '#e7e8ea', muted: '#adb3bb', grid: '#3a3d43', ground: '#1e1f22', accent: '#77b6ff' },
} as const;
