import type { Stage } from '../cost/steps.ts';

/** One colour in the two themes. */
export interface Paint {
  readonly light: string;
  readonly dark: string;
}

/**
 * One colour a stage, the same in every chart of the window and of reports. The hues are Paul Tol's "muted" scheme (Colour Schemes,
 * SRON/EPS/TN/09-002), which people with any of the three colour-vision deficiencies tell apart; the dark theme has them lighter. A colour
 * is never the only sign: every chart keeps the order of STAGES and has its numbers in a table.
 */
export const STAGE_PAINT: Readonly<Record<Stage, Paint>> = {
  guest: { light: '#d4d4d4', dark: '#75757a' },
  walk: { light: '#332288', dark: '#8583f5' },
  'world switch': { light: '#cc6677', dark: '#f08a94' },
  dispatch: { light: '#88ccee', dark: '#a5def8' },
  mmu: { light: '#117733', dark: '#2f9e57' },
  emulation: { light: '#ddcc77', dark: '#eee09a' },
  bus: { light: '#882255', dark: '#c23062' },
  eventfd: { light: '#44aa99', dark: '#4fc9b4' },
  userspace: { light: '#aa4499', dark: '#d975c8' },
};
