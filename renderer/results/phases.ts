import { pricePhases, type CpuModel, type RunResult } from '../../core/index.ts';
import { cycles, range } from '../charts/format.ts';
import { number, words, type TableSpec } from '../charts/table.ts';
import { grouped } from '../text/numbers.ts';
import { resultText } from '../text/results.ts';
import { KINDS_COLUMN, kindsCell, kindsOf, type Kinds } from './price-kinds.ts';
import type { PricedRun } from './priced-runs.ts';

const text = resultText.phases;

/** What each phase cost on each configuration; no rows when the script named none. */
export function phasesTable(runs: readonly PricedRun[]): TableSpec {
  const mean = (value: number) => number(value, cycles(value));
  const unit = resultText.exits.per;
  return {
    caption: text.title,
    columns: [
      { title: resultText.configuration },
      { title: text.phase },
      { title: resultText.paths.accesses, align: 'right' },
      { title: resultText.cycles, unit, align: 'right' },
      KINDS_COLUMN,
      { title: text.exits, unit, align: 'right' },
      { title: text.loads, unit, align: 'right' },
      { title: text.compares, unit, align: 'right' },
    ],
    rows: runs.flatMap(({ index, name, result, model }) =>
      pricePhases(result, model).map((phase, n) => ({
        key: `${index}.${n}`,
        cells: [
          words(name),
          words(phase.name),
          number(phase.accesses, grouped(phase.accesses)),
          number(phase.cycles.value, cycles(phase.cycles.value), range(phase.cycles)),
          kindsCell(kindsOfPhase(result, n, model)),
          mean(phase.exits),
          mean(phase.loads),
          mean(phase.compares),
        ],
      })),
    ),
  };
}

function kindsOfPhase({ paths, phases }: Pick<RunResult, 'paths' | 'phases'>, phase: number, model: CpuModel): Kinds {
  const counts = phases[phase]?.counts ?? [];
  return kindsOf(
    paths.map(({ steps }, n) => ({ steps, count: counts[n] ?? 0 })),
    model,
  );
}
