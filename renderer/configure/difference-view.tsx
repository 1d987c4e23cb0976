import { useMemo } from 'react';
import { useStore } from 'zustand';
import { findDesign, pairWarnings, type Configuration, type RunResult } from '../../core/index.ts';
import { useBench } from '../state/bench-context.ts';
import { findDocument } from '../state/documents.ts';
import { entryFor } from '../state/entry-for.ts';
import type { MatrixRow } from '../state/matrix.ts';
import { en } from '../text/en.ts';
import { asSentence } from '../text/sentence.ts';
import { Warnings } from '../widgets/warnings.tsx';
import { differencesOf } from './difference.ts';

const { configure: text } = en;

interface Props {
  readonly document: string;
  readonly a: MatrixRow | null;
  readonly b: MatrixRow | null;
}

/** The difference between A and B: what was chosen, how the doorbell is built, what KVM does, and what each is known to break. */
export function DifferenceView({ document, a, b }: Props) {
  const [one, other] = [a?.configuration ?? null, b?.configuration ?? null];
  const rows = useMemo(() => (one === null || other === null ? [] : differencesOf(one, other)), [one, other]);
  const [ofOne, ofOther] = [useResult(document, one), useResult(document, other)];
  const warnings = useMemo(
    () =>
      one === null || other === null
        ? []
        : pairWarnings({ configuration: one, result: ofOne }, { configuration: other, result: ofOther }).map(
            asSentence,
          ),
    [one, other, ofOne, ofOther],
  );
  if (one === null || other === null) return <p className="pane-note">{text.twoNeeded}</p>;
  return (
    <section className="difference" aria-labelledby="difference-heading" tabIndex={0}>
      <h2 id="difference-heading">{text.difference(rows.length)}</h2>
      <Warnings list={warnings} />
      <table>
        <thead>
          <tr>
            <th scope="col">{text.field}</th>
            <th scope="col">A: {one.name}</th>
            <th scope="col">B: {other.name}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ what, a: left, b: right, doc, source }) => (
            <tr key={what}>
              <th scope="row">
                {what}
                {doc !== '' && <span className="doc">{doc}</span>}
                {source !== '' && <span className="doc source">{source}</span>}
              </th>
              <td>{left}</td>
              <td>{right}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Hazards side="A" design={one.design} />
      {other.design !== one.design && <Hazards side="B" design={other.design} />}
    </section>
  );
}

/** What the last run of the script, as it is now, says of a configuration; null when it has not ended on it. */
function useResult(document: string, configuration: Configuration | null): RunResult | null {
  const bench = useBench();
  const script = useStore(bench.documents, (state) => findDocument(state, document)?.text ?? '');
  return useStore(bench.runs, (state) =>
    configuration === null ? null : (entryFor(state, document, script, configuration)?.outcome?.result ?? null),
  );
}

function Hazards({ side, design }: { side: string; design: string }) {
  const found = findDesign(design);
  if (!found.ok || found.value.breaks.length === 0) return null;
  return (
    <div className="hazards">
      <h3>{text.breaks(side, design)}</h3>
      <ul>
        {found.value.breaks.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </div>
  );
}
