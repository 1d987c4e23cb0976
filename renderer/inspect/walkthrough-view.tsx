import { useEffect, useMemo, useState } from 'react';
import { Button } from 'react-aria-components';
import type { Inspection } from '../../host/contract/lab.ts';
import { cycles, range } from '../charts/format.ts';
import { DataTable, Swatch } from '../charts/data-table.tsx';
import { kindsText } from '../results/price-kinds.ts';
import type { PricedRun } from '../results/priced-runs.ts';
import { useOffers } from '../state/offers.ts';
import type { ResultPaneActions } from '../state/result-pane.ts';
import { resultText } from '../text/results.ts';
import { eventPaint, STAGE_PAINT, type Theme } from '../widgets/palette.ts';
import { momentsTable } from './inspect-tables.ts';
import { accessCycles, accessKinds, momentsOf, type Moment } from './walkthrough.ts';

const text = resultText.inspect;

interface Props {
  readonly inspection: Inspection;
  readonly run: PricedRun;
  readonly theme: Theme;
  readonly actions: ResultPaneActions;
}

/** An access step by step: where it is, what that step does and costs, and all of them in a table. */
export function WalkthroughView({ inspection, run, theme, actions }: Props) {
  const moments = useMemo(() => momentsOf(inspection, run.model), [inspection, run.model]);
  const table = useMemo(() => momentsTable(moments), [moments]);
  const [at, setAt] = useState(0);
  useEffect(() => setAt(0), [inspection]);
  const place = Math.min(at, Math.max(0, moments.length - 1));
  const go = (next: number): void => setAt(Math.max(0, Math.min(moments.length - 1, next)));
  useOffers({
    'inspect.nextStep': place >= moments.length - 1 ? null : () => go(place + 1),
    'inspect.previousStep': place === 0 ? null : () => go(place - 1),
  });
  const moment = moments[place];
  const total = accessCycles(moments);
  return (
    <section className="walkthrough" aria-label={text.steps}>
      <h3>
        {inspection.text}{' '}
        {inspection.line > 0 && (
          <button type="button" className="row-action" onClick={() => actions.goToLine(inspection.line)}>
            {text.line(inspection.line)}
          </button>
        )}
      </h3>
      <p>{text.total(cycles(total.value), range(total), kindsText(accessKinds(moments)))}</p>
      <div className="step-head">
        <div className="step-tools">
          <Button className="button" isDisabled={place === 0} onPress={() => go(place - 1)}>
            <span aria-hidden="true">◀</span> {text.previousStep}
          </Button>
          <Button className="button" isDisabled={place >= moments.length - 1} onPress={() => go(place + 1)}>
            {text.nextStep} <span aria-hidden="true">▶</span>
          </Button>
          <span className="muted">{text.of(Math.min(place + 1, moments.length), moments.length)}</span>
        </div>
        {moment !== undefined && <MomentCard moment={moment} theme={theme} />}
      </div>
      <DataTable
        spec={table}
        theme={theme}
        copy={actions.copy}
        current={`${place}`}
        onAction={(key) => setAt(Number(key))}
      />
    </section>
  );
}

/** The step the walk is at, in full; read out when it changes. */
function MomentCard({ moment, theme }: { readonly moment: Moment; readonly theme: Theme }) {
  if (moment.kind === 'event') {
    return (
      <p className="moment" role="status">
        <Swatch colour={eventPaint(moment.name)[theme]} />
        <b>{moment.text}</b>
        <span className="muted">
          {text.sum} {cycles(moment.sum)} {resultText.cycles}
        </span>
      </p>
    );
  }
  const { name, what, stage, times, price, sum, cycles: cost } = moment;
  return (
    <p className="moment" role="status">
      {stage !== null && <Swatch colour={STAGE_PAINT[stage][theme]} />}
      <b>{name}</b> {what}
      <span>
        {stage}, {times} × {price === null ? '?' : `${cycles(price.value)} (${range(price)})`} = {cycles(cost)}{' '}
        {resultText.cycles}; {text.sum} {cycles(sum)}
      </span>
      {price !== null && (
        <span className="muted">
          {price.kind}: {price.source}
        </span>
      )}
    </p>
  );
}
