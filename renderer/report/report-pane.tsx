import { useState } from 'react';
import { Button } from 'react-aria-components';
import { useStore } from 'zustand';
import { Choice } from '../charts/choice.tsx';
import { announce } from '../state/announcer.ts';
import { useBench } from '../state/bench-context.ts';
import { saveUnderName } from '../state/save-as.ts';
import { en } from '../text/en.ts';
import { reportText } from '../text/reports.ts';
import { useInSight } from '../widgets/use-in-sight.ts';
import { copyMail } from './copy-mail.ts';
import { useFormats, useReport, type FormatRow, type Preview } from './use-report.ts';
import '../charts/charts.css';
import './report.css';

const text = reportText.report;

/** The shown run as a report: a format is chosen, its text is seen as it will be sent, copied or saved. */
export function ReportPane() {
  const bench = useBench();
  const run = useStore(bench.view, (view) => view.run);
  const formats = useFormats(bench);
  const [format, setFormat] = useState('mail');
  const [chosen, setChosen] = useState('');
  const { ref, inSight } = useInSight<HTMLDivElement>();
  const names =
    run?.entries.flatMap(({ configuration, outcome }) => (outcome === null ? [] : [configuration.name])) ?? [];
  const baseline = names.includes(chosen) ? chosen : null;
  const row = formats.find(({ id }) => id === format);
  const runId = run === null || run.state === 'running' ? null : run.runId;
  const preview = useReport(bench, row?.text === true ? runId : null, format, baseline, inSight);
  const copy = async (): Promise<void> => {
    if (preview.text === null) return;
    await navigator.clipboard.writeText(preview.text);
    announce(bench.announcer, en.common.copied(text.what));
  };
  const save = async (): Promise<void> => {
    if (run === null || runId === null || row === undefined) return;
    const suggested = `${run.script.name.replace(/^.*\//, '').replace(/\.ts$/, '')}.${row.extension}`;
    await saveUnderName(bench, text.saveTitle, suggested, (name, overwrite) =>
      bench.lab.call('report.save', { runId, format, baseline, name, overwrite }),
    );
  };
  return (
    <div className="result-pane" ref={ref}>
      <div className="result-tools">
        <Choice
          label={text.format}
          options={formats.map(({ id, title }) => ({ value: id, text: title }))}
          value={format}
          onChange={setFormat}
        />
        {names.length > 1 && (
          <Choice
            label={text.baseline}
            options={[{ value: '', text: text.firstOfCpu }, ...names.map((name) => ({ value: name, text: name }))]}
            value={baseline ?? ''}
            onChange={setChosen}
          />
        )}
        <Button className="button" isDisabled={preview.text === null} onPress={() => void copy()}>
          {text.copy}
        </Button>
        <Button className="button" isDisabled={runId === null} onPress={() => void save()}>
          {text.save}
        </Button>
        <Button className="button primary" isDisabled={runId === null} onPress={() => void copyMail(bench)}>
          {text.copyMail}
        </Button>
      </div>
      {run === null ? (
        <p className="pane-note">{en.panes.noRun}</p>
      ) : run.state === 'running' ? (
        <p className="pane-note">{text.running}</p>
      ) : (
        row !== undefined && <ReportPreview row={row} preview={preview} />
      )}
    </div>
  );
}

/** HTML as the page it is, in a frame that runs nothing and reaches nothing; everything else as text. */
function ReportPreview({ row, preview: { text: made, problem } }: { row: FormatRow; preview: Preview }) {
  if (!row.text) return <p className="pane-note">{text.bytes(row.title)}</p>;
  if (problem !== null)
    return (
      <p className="pane-note" role="alert">
        {problem}
      </p>
    );
  if (made === null) return <p className="pane-note">{text.making}</p>;
  if (row.id === 'html')
    return <iframe className="report-page" title={text.preview(row.title)} sandbox="" srcDoc={made} />;
  return (
    <pre className="report-text" tabIndex={0} role="region" aria-label={text.preview(row.title)}>
      {made}
    </pre>
  );
}
