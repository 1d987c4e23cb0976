import type { CpuModel } from '../cost/cpu-model.ts';
import { STEPS } from '../cost/steps.ts';
import type { Design } from '../design/design.ts';
import type { Kernel } from '../design/kernel.ts';
import { percent } from './numbers.ts';
import type { Style } from './style.ts';
import { cut, table, wrap } from './table.ts';

// What can be chosen: one paragraph a value, with its source.

const SPACES = { mmio: 'MMIO', pio: 'a port', 'ro-slot': 'a page of a read-only memslot' } as const;

const doorbellText = ({ doorbell: { space, eventfd, length, datamatch } }: Design): string =>
  `${SPACES[space]}, ${eventfd ? `ioeventfd of length ${length === 0 ? '0' : "the kick's width"}${datamatch ? ' with datamatch' : ''}` : 'no ioeventfd'}`;

export function designsText(designs: readonly Design[], style: Style): string {
  const paragraphs = designs.map((design) => [
    style.heading(design.id),
    ...wrap(design.title, '  ', '  '),
    ...wrap(`Doorbell: ${doorbellText(design)}`, '    ', '  '),
    ...wrap(`Source: ${design.source}`, '    ', '  '),
    ...design.claims.flatMap(({ says, who }) => wrap(`Claim: ${says} (${who})`, '    ', '  ')),
    ...design.breaks.flatMap((hazard) => wrap(`Hazard: ${hazard}`, '    ', '  ')),
    ...design.needs.flatMap(({ otherwise, mmu }) =>
      wrap(`Needs${mmu === undefined ? '' : ` (${mmu})`}: ${otherwise}`, '    ', '  '),
    ),
  ]);
  return `${paragraphs.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

export function kernelsText(kernels: readonly Kernel[], style: Style): string {
  const paragraphs = kernels.map(({ id, title, read }) => [
    style.heading(id),
    ...wrap(title, '  ', '  '),
    ...wrap(`Source: ${read}`, '    ', '  '),
  ]);
  return `${paragraphs.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

export function cpusText(models: readonly CpuModel[], style: Style): string {
  const rows = models.map((model) => [
    model.id,
    model.vendor === 'intel' ? 'ept' : 'npt',
    `${model.year}`,
    model.ghz.toFixed(2),
    ...(['read', 'derived', 'estimated'] as const).map((kind) => percent(shareOf(model, kind))),
    cut(model.name, 27),
  ]);
  const columns = [
    { title: 'cpu' },
    { title: 'mmu' },
    { title: 'year' },
    { title: 'GHz', align: 'right' },
    { title: 'read', align: 'right' },
    { title: 'der.', align: 'right' },
    { title: 'est.', align: 'right' },
    { title: 'name' },
  ] as const;
  const legend = wrap(
    `Of the prices of ${STEPS.length} steps so many were read in a source, derived from read ones, or estimated. ` +
      'docs/cost-model.md tells of each.',
  );
  return `${[...table(columns, rows, style.heading), '', ...legend.map(style.quiet)].join('\n')}\n`;
}

const shareOf = (model: CpuModel, kind: 'read' | 'derived' | 'estimated'): number =>
  STEPS.filter(({ name }) => model.prices[name].kind === kind).length / STEPS.length;
