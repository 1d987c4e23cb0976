import { memo, useMemo, useState } from 'react';
import type { Inspection } from '../../host/contract/lab.ts';
import { DataTable } from '../charts/data-table.tsx';
import type { ResultPaneActions } from '../state/result-pane.ts';
import { resultText } from '../text/results.ts';
import type { Theme } from '../widgets/palette.ts';
import { stateTableSpec } from './inspect-tables.ts';
import { hostChanges, stateChanges } from './state-changes.ts';

const text = resultText.inspect;

interface Props {
  readonly inspection: Inspection;
  readonly theme: Theme;
  readonly copy: ResultPaneActions['copy'];
}

/** TLBs, tables, slots and counters before and after the access; what changed is marked, what did not can be hidden. */
export const MachineStateView = memo(function MachineStateView({ inspection, theme, copy }: Props) {
  const [onlyChanges, setOnlyChanges] = useState(false);
  const tables = useMemo(() => stateChanges(inspection), [inspection]);
  const between = useMemo(() => hostChanges(inspection), [inspection]);
  return (
    <section className="machine-state" aria-label={text.state}>
      {between.length > 0 && (
        <>
          <h3>{text.sinceLast}</h3>
          <p className="muted">{text.sinceLastAbout}</p>
          {between.map((table) => (
            <details key={table.id} open>
              <summary>
                {text.tables[table.id]} <span className="change-count">{text.changes(table.changes)}</span>
              </summary>
              <DataTable
                spec={{ ...stateTableSpec(table, true), caption: text.sinceLastTable(text.tables[table.id]) }}
                theme={theme}
                copy={copy}
              />
            </details>
          ))}
        </>
      )}
      <h3>{text.state}</h3>
      <label className="check">
        <input type="checkbox" checked={onlyChanges} onChange={(event) => setOnlyChanges(event.target.checked)} />
        {text.onlyChanges}
      </label>
      {tables.map((table) => {
        const spec = stateTableSpec(table, onlyChanges);
        return (
          <details key={table.id} open={table.changes > 0}>
            <summary>
              {text.tables[table.id]}{' '}
              <span className={table.changes > 0 ? 'change-count' : 'muted'}>
                {table.rows.length === 0
                  ? text.empty
                  : table.changes === 0
                    ? text.unchanged
                    : text.changes(table.changes)}
              </span>
            </summary>
            {spec.rows.length > 0 && <DataTable spec={spec} theme={theme} copy={copy} />}
            {table.more > 0 && <p className="muted">{text.leftOut(table.more)}</p>}
          </details>
        );
      })}
    </section>
  );
});
