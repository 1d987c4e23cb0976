import { cpuModels } from '../../core/cost/cpu-models.ts';
import { MITIGATIONS } from '../../core/cost/mitigations.ts';
import { pciTestdev2013 } from '../../core/cost/models/pci-testdev-2013.ts';
import { PCI_TESTDEV_FIGURES } from '../../core/cost/pci-testdev.ts';
import type { Cited } from '../../core/cost/cpu-model.ts';
import { cyclesOf } from '../driver/paths.ts';
import { fastMmioPath, pciTestdevPath } from '../driver/pci-testdev.ts';
import { pointerChase } from '../driver/pointer-chase.ts';
import { boxOf2017, costs, type ExitName, steadyPaths, VMEXIT_2017 } from '../driver/vmexit.ts';
import { chaseRow, ZEN4_CHASE } from './pointer-chase-table.ts';

/** The tables of docs/cost-model.md as Markdown, made from the price lists and from runs, so that the page cannot lag behind them. */
export const costTables = (): Readonly<Record<string, string>> => ({
  models: modelTable(),
  'pci-testdev': pciTestdevTable(),
  exits: exitTable(),
  'vmexit-2017': vmexitTable(),
  mitigations: mitigationTable(),
  'pointer-chase': chaseTable(),
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
  const fast = fastMmioPath();
  const [value, low, high] = (['value', 'low', 'high'] as const).map((bound) =>
    Math.round(cyclesOf(fast, pciTestdev2013.prices, bound)),
  );
  rows.push(['zero length, kernel 4.2', 'none', String(value), '', `${low} to ${high}`, 'predicted', 'FAST_MMIO']);
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

/** Exits as the machine takes them, under the kernel and the mitigations of each model's LX. */
function exitTable(): string {
  const shown: readonly ExitName[] = ['vmcall', 'cpuid', 'outToKernel', 'outToVmm', 'mmioToKernel', 'mmioToVmm'];
  const rows = cpuModels.map(({ id, anchors, prices }) => {
    const { kernel, frame } = anchors.lxSetting;
    const cost = costs(steadyPaths(id, kernel, frame.mitigations), prices);
    return [`\`${id}\``, kernel, frame.mitigations.join(', '), ...shown.map((exit) => String(Math.round(cost[exit])))];
  });
  return table(
    ['model', 'kernel', 'mitigations', 'VMCALL', 'CPUID', 'OUT', 'OUT to VMM', 'MMIO write', 'MMIO write to VMM'],
    rows,
  );
}

function vmexitTable(): string {
  const cost = costs(steadyPaths('haswell', '4.15', []), boxOf2017().prices);
  const rows = VMEXIT_2017.map(([test, exit, after, before]) => [
    test,
    `${after} to ${before}`,
    String(Math.round(cost[exit])),
    `${((cost[exit] / after - 1) * 100).toFixed(1)} %`,
  ]);
  return table(['test', 'published', 'model', 'error against the lower'], rows);
}

function chaseTable(): string {
  const rows = ZEN4_CHASE.map((row) => chaseRow(row, pointerChase(row.pages, { mmu: 'npt', cpu: 'zen4' })));
  return table(['pages', 'measured', 'model', 'sketch', 'walks', 'loads a walk', 'data from L1 / L2 / L3, %'], rows);
}

/** A value with the first letter of its kind: r read, d derived, e estimated. */
const cited = ({ value, kind }: Cited): string => `${Number.isInteger(value) ? value : value.toFixed(1)} ${kind[0]}`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
