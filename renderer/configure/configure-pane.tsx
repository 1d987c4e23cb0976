import { useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { useBench } from '../state/bench-context.ts';
import { activeDocument } from '../state/documents.ts';
import { matrixOf, pairOf, setMatrix, setPair } from '../state/matrices.ts';
import { rowsOf, type Matrix, type MatrixRow } from '../state/matrix.ts';
import { withAxes, withCopy, withName } from '../state/matrix-changes.ts';
import { configurationKey } from '../state/configuration-key.ts';
import { en } from '../text/en.ts';
import { AxesForm } from './axes-form.tsx';
import { ConfigurationList } from './configuration-list.tsx';
import { Contradictions } from './contradictions.tsx';
import { DifferenceView } from './difference-view.tsx';
import { chosenPair } from './chosen-pair.ts';
import { RowEditor } from './row-editor.tsx';
import './configure.css';

/** The matrix of the active script: its axes, the configurations they make, and the difference between two of them. */
export function ConfigurePane() {
  const bench = useBench();
  const document = useStore(bench.documents, (state) => activeDocument(state)?.id ?? null);
  if (document === null) return <p className="pane-note">{en.configure.noScript}</p>;
  return <MatrixOf key={document} document={document} />;
}

function MatrixOf({ document }: { document: string }) {
  const bench = useBench();
  const matrix = useStore(bench.matrices, (state) => matrixOf(state, document));
  const pair = useStore(bench.matrices, (state) => pairOf(state, document));
  const { rows, contradictions } = useMemo(() => rowsOf(matrix), [matrix]);
  const [edited, setEdited] = useState<string | null>(null);
  const change = (next: Matrix): void => setMatrix(bench.matrices, document, next);
  const { a, b } = chosenPair(rows, pair);
  const choose = (side: 'a' | 'b', row: MatrixRow): void => {
    const key = configurationKey(row.configuration);
    // The one that was there takes the other's place, so that A and B are never the same.
    const keys = {
      a: a === null ? null : configurationKey(a.configuration),
      b: b === null ? null : configurationKey(b.configuration),
    };
    const other = side === 'a' ? 'b' : 'a';
    setPair(bench.matrices, document, { ...keys, [side]: key, ...(keys[other] === key && { [other]: keys[side] }) });
  };
  const editedRow = rows.find(({ id }) => id === edited);
  return (
    <div className="configure">
      <AxesForm axes={matrix.axes} onChange={(axes) => change(withAxes(matrix, axes))} />
      <Contradictions list={contradictions} />
      <ConfigurationList
        document={document}
        matrix={matrix}
        rows={rows}
        pair={{ a, b }}
        onChange={change}
        onChoose={choose}
        onEdit={(row) => setEdited(row.id)}
      />
      <DifferenceView document={document} a={a} b={b} />
      {editedRow !== undefined && (
        <RowEditor
          row={editedRow}
          onClose={() => setEdited(null)}
          onChange={(name, configuration) => {
            const named = withName(
              matrix,
              editedRow.id,
              name === editedRow.configuration.name ? (matrix.names[editedRow.id] ?? '') : name,
            );
            change(editedRow.copy ? withCopy(named, editedRow.id, configuration) : named);
            setEdited(null);
          }}
        />
      )}
    </div>
  );
}
