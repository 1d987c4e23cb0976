import { useMemo } from 'react';
import { useStore } from 'zustand';
import type { CalibrationMade } from '../../host/contract/lab.ts';
import { ChartSection } from '../charts/chart-section.tsx';
import { announce } from '../state/announcer.ts';
import { useBench } from '../state/bench-context.ts';
import { en } from '../text/en.ts';
import { reportText } from '../text/reports.ts';
import { movedTable, residualTable, worstPrediction } from './fit-tables.ts';

const text = reportText.calibrate;

/** What a fit came to: residuals, predictions of rows left out, what moved, and what the rows cannot tell. */
export function FitView({ made }: { readonly made: CalibrationMade }) {
  const bench = useBench();
  const theme = useStore(bench.view, (view) => view.theme);
  const tables = useMemo(() => ({ residuals: residualTable(made), moved: movedTable(made) }), [made]);
  const copy = async (content: string, what: string): Promise<void> => {
    await navigator.clipboard.writeText(content);
    announce(bench.announcer, en.common.copied(what));
  };
  const worst = worstPrediction(made);
  return (
    <div className="fit">
      {worst !== null && <p>{text.worst(`${(worst * 100).toFixed(1)} %`)}</p>}
      <ChartSection chart={null} table={tables.residuals} about={text.residualsAbout} theme={theme} copy={copy} />
      {tables.moved.rows.length > 0 && <ChartSection chart={null} table={tables.moved} theme={theme} copy={copy} />}
      {made.inseparable.length > 0 && (
        <section>
          <h3>{text.inseparable}</h3>
          <ul className="fit-groups">
            {made.inseparable.map((group) => (
              <li key={group[0]}>{group.join(', ')}</li>
            ))}
          </ul>
        </section>
      )}
      {made.entangled.length > 0 && (
        <section>
          <h3>{text.entangled}</h3>
          <ul className="fit-groups">
            {made.entangled.map((group) => (
              <li key={group[0]}>{group.join(', ')}</li>
            ))}
          </ul>
        </section>
      )}
      {made.unused.length > 0 && (
        <section>
          <h3>{text.unused}</h3>
          <ul className="fit-groups">
            {made.unused.map(({ line, why }) => (
              <li key={line}>{text.unusedLine(line, why)}</li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
