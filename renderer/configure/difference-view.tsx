import { useMemo } from 'react';
import { findDesign } from '../../core/index.ts';
import type { MatrixRow } from '../state/matrix.ts';
import { en } from '../text/en.ts';
import { differencesOf } from './difference.ts';

const { configure: text } = en;

/** The difference between A and B: what was chosen, how the doorbell is built, what KVM does, and what each is known to break. */
export function DifferenceView({ a, b }: { a: MatrixRow | null; b: MatrixRow | null }) {
  const [one, other] = [a?.configuration ?? null, b?.configuration ?? null];
  const rows = useMemo(() => (one === null || other === null ? [] : differencesOf(one, other)), [one, other]);
  if (one === null || other === null) return <p className="pane-note">{text.twoNeeded}</p>;
  return (
    <section className="difference" aria-labelledby="difference-heading" tabIndex={0}>
      <h2 id="difference-heading">{text.difference(rows.length)}</h2>
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
