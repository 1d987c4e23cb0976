import { useState } from 'react';
import { Button, GridList } from 'react-aria-components';
import { useStore } from 'zustand';
import { useBench } from '../state/bench-context.ts';
import type { Matrix, MatrixRow } from '../state/matrix.ts';
import { withAllEnabled, withCopyOf, withoutRow, withRemovedBack } from '../state/matrix-changes.ts';
import { findDocument } from '../state/documents.ts';
import { useOffers } from '../state/offers.ts';
import { entryFor } from '../state/entry-for.ts';
import { en } from '../text/en.ts';
import type { RowPair } from './chosen-pair.ts';
import { ConfigurationRow } from './configuration-row.tsx';

interface Props {
  readonly document: string;
  readonly matrix: Matrix;
  readonly rows: readonly MatrixRow[];
  readonly pair: RowPair;
  readonly onChange: (matrix: Matrix) => void;
  readonly onChoose: (side: 'a' | 'b', row: MatrixRow) => void;
  readonly onEdit: (row: MatrixRow) => void;
}

/** The configurations: which run, which two are compared, and how far each is. */
export function ConfigurationList({ document, matrix, rows, pair, onChange, onChoose, onEdit }: Props) {
  const enabled = rows.filter((row) => row.enabled);
  const [focused, setFocused] = useState<string | null>(null);
  const inFocus = rows.find(({ id }) => id === focused) ?? pair.a;
  const duplicate = (row: MatrixRow): void => onChange(withCopyOf(matrix, row, `copy:${crypto.randomUUID()}`));
  useOffers({
    'configurations.duplicate': inFocus === null ? null : () => duplicate(inFocus),
    'configurations.rename': inFocus === null ? null : () => onEdit(inFocus),
  });
  const setEnabled = (ids: ReadonlySet<unknown> | 'all'): void => {
    const disabled = ids === 'all' ? [] : rows.filter(({ id }) => !ids.has(id)).map(({ id }) => id);
    onChange({ ...matrix, disabled });
  };
  return (
    <section
      className="configurations"
      aria-labelledby="configurations-heading"
      onFocus={({ target }) => setFocused((id) => target.closest<HTMLElement>('[role="row"]')?.dataset['key'] ?? id)}
    >
      <div className="section-head">
        <h2 id="configurations-heading">
          <Count document={document} rows={rows} />
        </h2>
        {matrix.removed.length > 0 && (
          <Button className="button" onPress={() => onChange(withRemovedBack(matrix))}>
            {en.configure.restore(matrix.removed.length)}
          </Button>
        )}
        <Button className="button" onPress={() => onChange(withAllEnabled(matrix, rows, enabled.length < rows.length))}>
          {enabled.length === rows.length ? en.configure.disableAll : en.configure.enableAll}
        </Button>
      </div>
      <GridList
        aria-label={en.configure.list}
        className="configuration-list"
        items={rows}
        selectionMode="multiple"
        selectionBehavior="toggle"
        // Escape leaves things as they are; it does not switch every configuration off.
        escapeKeyBehavior="none"
        selectedKeys={enabled.map(({ id }) => id)}
        onSelectionChange={setEnabled}
        dependencies={[pair, matrix]}
        renderEmptyState={() => <p className="pane-note">{en.configure.none}</p>}
      >
        {(row) => (
          <ConfigurationRow
            document={document}
            row={row}
            side={row === pair.a ? 'a' : row === pair.b ? 'b' : null}
            onChoose={(side) => onChoose(side, row)}
            onAction={(action) => {
              if (action === 'edit') onEdit(row);
              else if (action === 'remove') onChange(withoutRow(matrix, row));
              else duplicate(row);
            }}
          />
        )}
      </GridList>
    </section>
  );
}

/** How many configurations there are, how many are enabled, and how many of these have no result yet. */
function Count({ document, rows }: { document: string; rows: readonly MatrixRow[] }) {
  const bench = useBench();
  const text = useStore(bench.documents, (state) => findDocument(state, document)?.text ?? '');
  const enabled = rows.filter((row) => row.enabled);
  const open = useStore(
    bench.runs,
    (state) =>
      enabled.filter(({ configuration }) => (entryFor(state, document, text, configuration)?.outcome ?? null) === null)
        .length,
  );
  return en.configure.count(rows.length, enabled.length, open);
}
