import { useEffect, useMemo, useState } from 'react';
import { ChartSection } from '../charts/chart-section.tsx';
import { Choice } from '../charts/choice.tsx';
import type { ResultPaneProps } from '../state/result-pane.ts';
import { resultText } from '../text/results.ts';
import { pricesLine } from './price-kinds.ts';
import type { PricedRun } from './priced-runs.ts';
import { profileChart, profileLabel, profileTable, profileWhole, shownProfiles } from './profile.ts';
import { isRepriced } from './timed.ts';

const text = resultText.profile;

interface Props extends Pick<ResultPaneProps, 'run' | 'theme' | 'actions'> {
  readonly runs: readonly PricedRun[];
}

/** Cycles by kernel symbol of one configuration, as perf top of its host would list them: of all vCPUs, or of one. */
export function ProfileSection({ run: { script }, runs, theme, actions }: Props) {
  const workload = useTitle(script, actions.readTitle);
  const [chosen, setChosen] = useState<number | null>(null);
  const [who, setWho] = useState(0);
  const run = runs.find(({ index }) => index === chosen) ?? runs[0]!;
  const profiles = useMemo(() => shownProfiles(run), [run]);
  const shown = profiles[who] ?? profiles[0]!;
  const chart = useMemo(() => profileChart(shown), [shown]);
  const table = useMemo(() => profileTable(shown), [shown]);
  const none = chart.labels.length === 0;
  const about = [
    none ? text.none : profileWhole(shown),
    text.rule,
    ...(isRepriced(run) ? [resultText.vcpus.repriced] : []),
  ];
  return (
    <ChartSection
      chart={none ? null : chart}
      table={table}
      theme={theme}
      copy={actions.copy}
      label={profileLabel(workload, shown)}
      about={about.join(' ')}
      prices={pricesLine([shown.prices])}
    >
      <Choice
        label={resultText.paths.choose}
        options={runs.map(({ index, name }) => ({ value: `${index}`, text: name }))}
        value={`${run.index}`}
        onChange={(value) => setChosen(Number(value))}
      />
      {profiles.length > 1 && (
        <Choice
          label={text.whose}
          options={profiles.map((profile, n) => ({ value: `${n}`, text: profile.who }))}
          value={`${profiles.indexOf(shown)}`}
          onChange={(value) => setWho(Number(value))}
        />
      )}
    </ChartSection>
  );
}

/** What a script calls itself; its file's name until that is known. */
function useTitle(script: Props['run']['script'], read: Props['actions']['readTitle']): string {
  const [answer, setAnswer] = useState<{ readonly text: string; readonly title: string } | null>(null);
  const { name, text: source } = script;
  useEffect(() => {
    let stale = false;
    read({ name, text: source }).then(
      (title) => !stale && setAnswer({ text: source, title }),
      () => {},
    );
    return () => {
      stale = true;
    };
  }, [name, source, read]);
  return answer?.text === source ? answer.title : name;
}
