import { useEffect, useId, useState } from 'react';
import { Button } from 'react-aria-components';
import { Choice } from '../charts/choice.tsx';
import { readAccess } from './read-access.ts';
import { pathLabel, pathsByCount } from '../results/paths.ts';
import type { PricedRun } from '../results/priced-runs.ts';
import { isTimed, numberedAccesses } from '../results/timed.ts';
import { useOffers } from '../state/offers.ts';
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
  const all = numberedAccesses(run.result);
  const known = pathsByCount(run).filter(({ first }) => first > 0);
  const paths = known.slice(0, MOST_PATHS);
  const to = (next: number): void => go({ index: run.index, access: Math.max(1, Math.min(all, Math.round(next))) });
  useOffers({
    'inspect.nextAccess': access >= all ? null : () => to(access + 1),
    'inspect.previousAccess': access <= 1 ? null : () => to(access - 1),
  });
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
          // Two paths may begin with one access: an interrupt's is a path of its own.
          ...paths.map((path) => ({ value: `${path.place}`, text: pathLabel(path) })),
        ]}
        value={`${paths.find(({ first }) => first === access)?.place ?? ''}`}
        onChange={(value) => value !== '' && to(run.outcome.firsts[Number(value)] ?? 1)}
        {...(known.length > paths.length && { note: text.morePaths(known.length - paths.length) })}
      />
      <AccessField access={access} most={all} isFirst={isTimed(run)} onChange={to} />
      <Button className="button" isDisabled={access <= 1} onPress={() => to(access - 1)}>
        <span aria-hidden="true">◀</span> {text.previousAccess}
      </Button>
      <Button className="button" isDisabled={access >= all} onPress={() => to(access + 1)}>
        {text.nextAccess} <span aria-hidden="true">▶</span>
      </Button>
    </>
  );
}

interface AccessFieldProps {
  readonly access: number;
  readonly most: number;
  /** They are vCPU 0's, of several vCPUs. */
  readonly isFirst: boolean;
  readonly onChange: (n: number) => void;
}

/** Number of the access; Enter goes there. */
function AccessField({ access, most, isFirst, onChange }: AccessFieldProps) {
  const [typed, setTyped] = useState(`${access}`);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    setTyped(access === 0 ? '' : `${access}`);
    setProblem(null);
  }, [access]);
  const id = useId();
  const take = (): void => {
    if (typed.trim() === '') return setProblem(null);
    const number = readAccess(typed);
    if (number === null || number < 1 || number > most) return setProblem(text.noAccess(typed.trim(), most));
    setProblem(null);
    if (number !== access) onChange(number);
    else setTyped(`${access}`);
  };
  return (
    <label className="choice">
      {text.access}
      <input
        inputMode="numeric"
        value={typed}
        aria-invalid={problem !== null}
        aria-describedby={id}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={take}
        onKeyDown={(event) => {
          if (event.key === 'Enter') take();
        }}
      />
      <span className="muted">{isFirst ? text.outOfFirst(most) : text.outOf(most)}</span>
      <span className="field-error" id={id} role="alert">
        {problem}
      </span>
    </label>
  );
}
