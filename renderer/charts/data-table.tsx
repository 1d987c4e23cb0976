import { memo, useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { Button } from 'react-aria-components';
import { offer } from '../state/offers.ts';
import { resultText } from '../text/results.ts';
import type { Theme } from '../widgets/palette.ts';
import { afterKey, type Place } from './grid-keys.ts';
import { useDrawnRows } from './drawn-rows.ts';
import { longestCells, toMarkdown, toTsv, type Cell, type Column, type TableSpec } from './table.ts';
import './charts.css';

interface Props {
  readonly spec: TableSpec;
  readonly theme: Theme;
  readonly copy: (text: string, what: string) => Promise<void>;
  /** The first field of a row with an action was pressed. */
  readonly onAction?: (key: string) => void;
  /** Key of the row that is shown elsewhere; it stays in sight. */
  readonly current?: string | null;
}

/** A table for eyes, keys and clipboards: arrows walk its fields, Enter does what the row offers. */
export const DataTable = memo(function DataTable({ spec, theme, copy, onAction, current = null }: Props) {
  const table = useRef<HTMLTableElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState<Place>({ row: 0, column: 0 });
  /** A field that is to have the focus once it is drawn. */
  const wanted = useRef<Place | null>(null);
  const row = Math.min(place.row, spec.rows.length);
  const column = Math.min(place.column, spec.columns.length - 1);
  const { parts, some, measure, reveal } = useDrawnRows(spec.rows.length, row - 1, scroller, table);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.metaKey) return;
    const next = afterKey({ row, column }, event.key, event.ctrlKey, spec.rows.length + 1, spec.columns.length);
    if (next === null) return;
    event.preventDefault();
    event.stopPropagation();
    wanted.current = next;
    setPlace({ ...next });
    if (next.row > 0) reveal(next.row - 1);
  };
  useLayoutEffect(() => {
    if (wanted.current === null) return;
    const { row: r, column: c } = wanted.current;
    const field = table.current?.querySelector<HTMLElement>(`[data-place="${r}.${c}"]`);
    if (field === undefined || field === null) return;
    wanted.current = null;
    field.focus();
  });
  const shown = current === null ? -1 : spec.rows.findIndex(({ key }) => key === current);
  const before = useRef(shown);
  useEffect(() => {
    if (shown >= 0 && shown !== before.current) reveal(shown);
    before.current = shown;
    // Only another row scrolls.
  }, [shown]);
  const takeBack = useRef<(() => void)[]>([]);
  const offerCopy = (): void => {
    takeBack.current = [
      offer('table.copyTsv', () => void copy(toTsv(spec), resultText.table)),
      offer('table.copyMarkdown', () => void copy(toMarkdown(spec), resultText.table)),
    ];
  };
  useEffect(() => () => takeBack.current.forEach((undo) => undo()), []);
  const at = (r: number, c: number) => ({
    'data-place': `${r}.${c}`,
    tabIndex: r === row && c === column ? 0 : -1,
    onFocus: () => setPlace({ row: r, column: c }),
  });
  const drawRow = (r: number) => {
    const { key, cells, action } = spec.rows[r]!;
    const pressable = action !== undefined && action !== null && onAction !== undefined;
    return (
      <tr
        key={key}
        aria-selected={current === null ? undefined : r === shown}
        {...(some && { 'aria-rowindex': r + 2, 'data-index': r, ref: measure })}
      >
        {cells.map((cell, c) => {
          const body = <Body cell={cell} theme={theme} />;
          const Field = c === 0 ? 'th' : 'td';
          const presses = c === 0 && pressable;
          return (
            <Field
              key={c}
              className={`${classOf(spec.columns[c], cell)}${c === 0 ? wraps(cell.text) : ''}`}
              {...(c === 0 && { scope: 'row' })}
              {...(!presses && at(r + 1, c))}
            >
              {presses ? (
                <button
                  type="button"
                  className="row-action"
                  title={action}
                  onClick={() => onAction(key)}
                  {...at(r + 1, c)}
                >
                  {body}
                </button>
              ) : (
                body
              )}
            </Field>
          );
        })}
      </tr>
    );
  };
  return (
    <div className="data-table" onFocus={offerCopy}>
      <div className="data-table-scroll" ref={scroller}>
        <table
          role="grid"
          aria-label={spec.caption}
          aria-rowcount={spec.rows.length + 1}
          ref={table}
          onKeyDown={onKeyDown}
        >
          <thead>
            <tr {...(some && { 'aria-rowindex': 1 })}>
              {spec.columns.map((one, c) => (
                <th key={c} scope="col" className={`${one.align ?? ''}${wraps(one.title)}`} {...at(0, c)}>
                  <Heading column={one} theme={theme} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {parts.map((part) =>
              part.row === null ? (
                <tr key={`before ${part.before}`} className="room" aria-hidden="true" style={{ height: part.height }}>
                  <td colSpan={spec.columns.length} />
                </tr>
              ) : (
                drawRow(part.row)
              ),
            )}
          </tbody>
          {some && <Widths spec={spec} theme={theme} />}
        </table>
      </div>
      {some && <p className="muted">{resultText.rows(spec.rows.length)}</p>}
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

const classOf = (column: Column | undefined, cell: Cell): string =>
  [column?.align, column?.wide === true ? 'wide' : '', cell.mark].filter(Boolean).join(' ');

/** Characters above which a name wraps where the table is narrow: it stays in sight beside the numbers, and must leave them room. */
const LONG_NAME = 24;
const wraps = (name: string): string => (name.length > LONG_NAME ? ' long' : '');

/** The longest field of each column, unseen: columns keep their widths while other rows are drawn. */
function Widths({ spec, theme }: Pick<Props, 'spec' | 'theme'>) {
  const longest = useMemo(() => longestCells(spec), [spec]);
  return (
    <tfoot aria-hidden="true" className="widths">
      <tr>
        {longest.map((cell, c) => (
          <td key={c} className={`${spec.columns[c]?.wide === true ? 'wide' : ''}${c === 0 ? wraps(cell.text) : ''}`}>
            <div>
              <Body cell={cell} theme={theme} />
            </div>
          </td>
        ))}
      </tr>
    </tfoot>
  );
}

function Heading({ column, theme }: { readonly column: Column; readonly theme: Theme }) {
  return (
    <>
      {column.paint !== undefined && <Swatch colour={column.paint[theme]} hatched={column.paint.hatched} />}
      {column.title}
      {column.unit !== undefined && <span className="unit">{column.unit}</span>}
    </>
  );
}

function Body({ cell, theme }: { readonly cell: Cell; readonly theme: Theme }) {
  return (
    <>
      {cell.paint !== undefined && <Swatch colour={cell.paint[theme]} hatched={cell.paint.hatched} />}
      {cell.text}
      {cell.note !== undefined && <span className="note">{cell.note}</span>}
    </>
  );
}

/** A patch of the colour that something has in the charts. */
export function Swatch({ colour, hatched }: { readonly colour: string; readonly hatched?: boolean | undefined }) {
  const background =
    hatched === true ? `repeating-linear-gradient(135deg, ${colour} 0 2px, var(--bg) 2px 4px)` : colour;
  return <span className="swatch" aria-hidden="true" style={{ background }} />;
}
