import { memo, useRef, useState, type KeyboardEvent } from 'react';
import { Button } from 'react-aria-components';
import { resultText } from '../text/results.ts';
import type { Theme } from '../widgets/palette.ts';
import { afterKey, type Place } from './grid-keys.ts';
import { toMarkdown, toTsv, type Cell, type Column, type TableSpec } from './table.ts';
import './charts.css';

/** Rows drawn; the copies have all. */
const MOST_ROWS = 400;

interface Props {
  readonly spec: TableSpec;
  readonly theme: Theme;
  readonly copy: (text: string, what: string) => Promise<void>;
  /** The first field of a row with an action was pressed. */
  readonly onAction?: (key: string) => void;
  /** Key of the row that is shown elsewhere. */
  readonly current?: string | null;
}

/** A table for eyes, keys and clipboards: arrows walk its fields, Enter does what the row offers. */
export const DataTable = memo(function DataTable({ spec, theme, copy, onAction, current = null }: Props) {
  const table = useRef<HTMLTableElement>(null);
  const [place, setPlace] = useState<Place>({ row: 0, column: 0 });
  const rows = spec.rows.slice(0, MOST_ROWS);
  const row = Math.min(place.row, rows.length);
  const column = Math.min(place.column, spec.columns.length - 1);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.metaKey) return;
    const next = afterKey({ row, column }, event.key, event.ctrlKey, rows.length + 1, spec.columns.length);
    if (next === null) return;
    event.preventDefault();
    event.stopPropagation();
    setPlace(next);
    table.current?.querySelector<HTMLElement>(`[data-place="${next.row}.${next.column}"]`)?.focus();
  };
  const at = (r: number, c: number) => ({
    'data-place': `${r}.${c}`,
    tabIndex: r === row && c === column ? 0 : -1,
    onFocus: () => setPlace({ row: r, column: c }),
  });
  return (
    <div className="data-table">
      <div className="data-table-scroll">
        <table
          role="grid"
          aria-label={spec.caption}
          aria-rowcount={spec.rows.length + 1}
          ref={table}
          onKeyDown={onKeyDown}
        >
          <thead>
            <tr>
              {spec.columns.map((one, c) => (
                <th key={c} scope="col" className={one.align} {...at(0, c)}>
                  <Heading column={one} theme={theme} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ key, cells, action }, r) => (
              <tr key={key} aria-selected={current === null ? undefined : current === key}>
                {cells.map((cell, c) => {
                  const pressable = c === 0 && action !== undefined && action !== null && onAction !== undefined;
                  const className = [spec.columns[c]?.align, spec.columns[c]?.wide === true ? 'wide' : '', cell.mark]
                    .filter(Boolean)
                    .join(' ');
                  const Field = c === 0 ? 'th' : 'td';
                  return (
                    <Field
                      key={c}
                      className={className}
                      {...(c === 0 ? { scope: 'row' } : {})}
                      {...(pressable ? {} : at(r + 1, c))}
                    >
                      {pressable ? (
                        <button
                          type="button"
                          className="row-action"
                          title={action}
                          onClick={() => onAction(key)}
                          {...at(r + 1, c)}
                        >
                          <Body cell={cell} theme={theme} />
                        </button>
                      ) : (
                        <Body cell={cell} theme={theme} />
                      )}
                    </Field>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {spec.rows.length > rows.length && <p className="muted">{resultText.more(spec.rows.length - rows.length)}</p>}
      <div className="data-table-tools">
        <Button className="button" onPress={() => void copy(toTsv(spec), resultText.table)}>
          {resultText.copyTsv}
        </Button>
        <Button className="button" onPress={() => void copy(toMarkdown(spec), resultText.table)}>
          {resultText.copyMarkdown}
        </Button>
      </div>
    </div>
  );
});

function Heading({ column, theme }: { readonly column: Column; readonly theme: Theme }) {
  return (
    <>
      {column.paint !== undefined && <Swatch colour={column.paint[theme]} />}
      {column.title}
      {column.unit !== undefined && <span className="unit">{column.unit}</span>}
    </>
  );
}

function Body({ cell, theme }: { readonly cell: Cell; readonly theme: Theme }) {
  return (
    <>
      {cell.paint !== undefined && <Swatch colour={cell.paint[theme]} />}
      {cell.text}
      {cell.note !== undefined && <span className="note">{cell.note}</span>}
    </>
  );
}

/** A patch of the colour that something has in the charts. */
export function Swatch({ colour }: { readonly colour: string }) {
  return <span className="swatch" aria-hidden="true" style={{ background: colour }} />;
}
