import { useEffect, useState } from 'react';
import { Button } from 'react-aria-components';
import { Choice } from '../charts/choice.tsx';
import { pathLabel, pathsByCount } from '../results/paths.ts';
import type { PricedRun } from '../results/priced-runs.ts';
import type { InspectTarget } from '../state/result-pane.ts';
import { resultText } from '../text/results.ts';

const text = resultText.inspect;
/** Paths offered in the list. */
const MOST_PATHS = 200;

interface Props {
  readonly runs: readonly PricedRun[];
  readonly run: PricedRun;
  readonly target: InspectTarget | null;
  readonly go: (target: InspectTarget) => void;
}

/** Which access is shown: by configuration, path or number, and one further or one back. */
export function InspectTools({ runs, run, target, go }: Props) {
  const access = target?.access ?? 0;
  const all = run.result.accesses;
  const known = pathsByCount(run).filter(({ first }) => first > 0);
  const paths = known.slice(0, MOST_PATHS);
  const to = (next: number): void => go({ index: run.index, access: Math.max(1, Math.min(all, Math.round(next))) });
  return (
    <>
      <Choice
        label={text.choose}
        options={runs.map(({ index, name }) => ({ value: `${index}`, text: name }))}
        value={`${run.index}`}
        onChange={(value) => go({ index: Number(value), access: Math.max(1, access) })}
      />
      <Choice
        label={text.path}
        options={[
          { value: '', text: '–' },
          ...paths.map((path) => ({ value: `${path.first}`, text: pathLabel(path) })),
        ]}
        value={paths.some(({ first }) => first === access) ? `${access}` : ''}
        onChange={(value) => value !== '' && to(Number(value))}
        {...(known.length > paths.length && { note: text.morePaths(known.length - paths.length) })}
      />
      <AccessField access={access} most={all} onChange={to} />
      <Button className="button" isDisabled={access <= 1} onPress={() => to(access - 1)}>
        <span aria-hidden="true">◀</span> {text.previousAccess}
      </Button>
      <Button className="button" isDisabled={access >= all} onPress={() => to(access + 1)}>
        {text.nextAccess} <span aria-hidden="true">▶</span>
      </Button>
    </>
  );
}

/** Number of the access; Enter goes there. */
function AccessField({ access, most, onChange }: { access: number; most: number; onChange: (n: number) => void }) {
  const [typed, setTyped] = useState(`${access}`);
  useEffect(() => setTyped(access === 0 ? '' : `${access}`), [access]);
  const take = (): void => {
    const number = Number(typed);
    if (Number.isFinite(number) && number >= 1 && number !== access) onChange(number);
  };
  return (
    <label className="choice">
      {text.access}
      <input
        inputMode="numeric"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={take}
        onKeyDown={(event) => {
          if (event.key === 'Enter') take();
        }}
      />
      <span className="muted">{text.outOf(most)}</span>
    </label>
  );
}
