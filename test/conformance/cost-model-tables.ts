import { cpuModels } from '../../core/cost/cpu-models.ts';
import { MITIGATIONS } from '../../core/cost/mitigations.ts';
import { pciTestdev2013 } from '../../core/cost/models/pci-testdev-2013.ts';
import { PCI_TESTDEV_FIGURES } from '../../core/cost/pci-testdev.ts';
import type { Cited } from '../../core/cost/cpu-model.ts';
import { cyclesOf } from '../driver/paths.ts';
import { pciTestdevPath } from '../driver/pci-testdev.ts';

/** The tables of docs/cost-model.md as Markdown, made from the price lists and from runs, so that the page cannot lag behind them. */
export const costTables = (): Readonly<Record<string, string>> => ({
  models: modelTable(),
  'pci-testdev': pciTestdevTable(),
  mitigations: mitigationTable(),
});

function modelTable(): string {
  const row = cpuModels.map(({ id, anchors, prices }) => [
    `\`${id}\``,
    cited(anchors.hwx),
    cited(anchors.lx),
    cited(anchors.ux),
    [prices['guest.pf_delivery'], prices['guest.iret']].map(cited).join(' + '),
    ['walk.guest_l1', 'walk.guest_l2', 'walk.guest_l3', 'walk.guest_dram']
      .map((name) => cited(prices[name as keyof typeof prices]))
      .join(' / '),
    cited(prices['guest.dtlb_l2_hit']),
    cited(prices['guest.rmw']),
  ]);
  return table(['model', 'HWx', 'LX', 'UX', '#PF + IRET', 'L1 / L2 / L3 / DRAM', 'STLB hit', 'LOCK'], row);
}

function pciTestdevTable(): string {
  const rows = PCI_TESTDEV_FIGURES.map((figure) => {
    const { id, published, role, sets } = figure;
    const path = pciTestdevPath(figure);
    const [value, low, high] = (['value', 'low', 'high'] as const).map((bound) =>
      cyclesOf(path, pciTestdev2013.prices, bound),
    );
    const error = (value! / published - 1) * 100;
    return [
      id,
      String(published),
      String(Math.round(value!)),
      `${error.toFixed(1).replace(/^-0\.0$/, '0.0')} %`,
      `${Math.round(low!)} to ${Math.round(high!)}`,
      role,
      sets,
    ];
  });
  return table(['test', 'published', 'model', 'error', 'bounds', 'role', 'what it set, or follows from'], rows);
}

function mitigationTable(): string {
  const prices = pciTestdev2013.prices;
  const rows = MITIGATIONS.map((row) => {
    const steps = [row.onExit, row.onEntry, row.onRequestedEntry, row.perIndirectCall].filter(
      (step) => step !== undefined,
    );
    const adds = steps.map((step) => `${cited(prices[step])}, ${prices[step].low} to ${prices[step].high}`).join('; ');
    const when = row.onExit
      ? 'exit'
      : row.onEntry
        ? 'entry'
        : row.onRequestedEntry
          ? 'entry after emulation or vCPU load'
          : 'indirect call';
    return [
      `\`${row.id}\``,
      row.name,
      steps.length > 0 ? when : 'nothing',
      adds || '0',
      row.since.join('.'),
      row.source,
    ];
  });
  return table(['id', 'what', 'paid per', 'cycles', 'since Linux', 'source'], rows);
}

/** A value with the first letter of its kind: r read, d derived, e estimated. */
const cited = ({ value, kind }: Cited): string => `${Number.isInteger(value) ? value : value.toFixed(1)} ${kind[0]}`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
