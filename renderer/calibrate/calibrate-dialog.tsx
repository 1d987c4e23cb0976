import { useRef, useState } from 'react';
import {
  Button,
  Dialog,
  Form,
  Heading,
  Input,
  Label,
  Modal,
  ModalOverlay,
  TextArea,
  TextField,
} from 'react-aria-components';
import { useStore } from 'zustand';
import { DEFAULT_KERNEL } from '../../core/index.ts';
import type { CalibrationMade } from '../../host/contract/lab.ts';
import { announce } from '../state/announcer.ts';
import { AXIS_OPTIONS } from '../state/axes.ts';
import { useBench } from '../state/bench-context.ts';
import { failureOf } from '../state/failure.ts';
import { loadCpus } from '../state/known-cpus.ts';
import { askForPath, saveUnderName } from '../state/save-as.ts';
import { en } from '../text/en.ts';
import { reportText } from '../text/reports.ts';
import { SingleSelect } from '../widgets/single-select.tsx';
import { calibrateDialog, closeCalibrate } from './dialog-state.ts';
import { FitView } from './fit-view.tsx';
import { KeptHosts } from './kept-hosts.tsx';
import './calibrate.css';

const text = reportText.calibrate;

/** Fits a CPU model to figures of the user's own host. */
export function CalibrateDialog() {
  const { open } = useStore(calibrateDialog);
  if (!open) return null;
  return (
    <ModalOverlay className="dialog-overlay" isOpen onOpenChange={(stays) => stays || closeCalibrate()} isDismissable>
      <Modal className="dialog calibrate">
        <Dialog className="dialog-body">
          <Calibrate />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

interface Fields {
  readonly rows: string;
  readonly base: string;
  readonly name: string;
  readonly cpu: string;
  readonly ghz: string;
  readonly kernel: string;
  readonly mitigations: string;
  readonly microcode: string;
}

const EMPTY: Fields = {
  rows: '',
  base: 'skylake-sp',
  name: 'my-host',
  cpu: '',
  ghz: '',
  kernel: DEFAULT_KERNEL,
  mitigations: 'default',
  microcode: '',
};

function Calibrate() {
  const bench = useBench();
  const [fields, setFields] = useState(EMPTY);
  const [made, setMade] = useState<CalibrationMade | null>(null);
  const [problem, setProblem] = useState('');
  const rows = useRef<HTMLTextAreaElement>(null);
  const set = (change: Partial<Fields>): void => setFields((now) => ({ ...now, ...change }));
  const fit = async (): Promise<void> => {
    setMade(null);
    setProblem('');
    const { rows: measured, base, name, cpu, ghz, kernel, mitigations, microcode } = fields;
    const asked = { base, name, cpu, microcode, hostKernel: '', kernel, mitigations };
    try {
      const host = { ...asked, ghz: ghz.trim() === '' ? null : Number(ghz) };
      setMade(await bench.lab.call('calibrate', { ...host, text: measured }));
    } catch (error) {
      const { message, line } = failureOf(error);
      setProblem(message);
      selectLine(rows.current, line);
    }
  };
  const openFile = async (): Promise<void> => {
    try {
      const path = bench.about.dialogs ? null : await askForPath(bench, text.open, '');
      if (path === null && !bench.about.dialogs) return;
      const file = await bench.lab.call('files.open', { path });
      if (file !== null) set({ rows: file.text });
    } catch (error) {
      setProblem(failureOf(error).message);
    }
  };
  const keep = async (): Promise<void> => {
    if (made === null) return;
    try {
      await bench.lab.call('cpus.keep', { text: made.text });
      await loadCpus(bench.lab);
      announce(bench.announcer, text.kept(made.file.host.name));
      closeCalibrate();
    } catch (error) {
      setProblem(failureOf(error).message);
    }
  };
  const save = (content: string, name: string): Promise<void> =>
    saveUnderName(bench, text.saveFile, `${name}.exitlab-cpu.json`, (path, overwrite) =>
      bench.lab.call('files.saveAs', { name: path, text: content, overwrite }),
    );
  const line = (label: string, field: keyof Fields) => (
    <TextField className="field" value={fields[field]} onChange={(value) => set({ [field]: value })} maxLength={200}>
      <Label>{label}</Label>
      <Input autoComplete="off" spellCheck="false" />
    </TextField>
  );
  const pick = (label: string, axis: 'cpus' | 'kernels' | 'mitigations', field: 'base' | 'kernel' | 'mitigations') => (
    <SingleSelect
      label={label}
      options={AXIS_OPTIONS[axis]}
      value={fields[field]}
      onChange={(value) => set({ [field]: value })}
    />
  );
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault();
        void fit();
      }}
    >
      <Heading slot="title">{text.title}</Heading>
      <p className="muted">{text.about}</p>
      <TextField className="field" autoFocus value={fields.rows} onChange={(value) => set({ rows: value })}>
        <Label>{text.rows}</Label>
        <TextArea ref={rows} className="calibrate-rows" rows={8} spellCheck="false" />
      </TextField>
      <div className="calibrate-fields">
        {pick(text.base, 'cpus', 'base')}
        {pick(text.kernel, 'kernels', 'kernel')}
        {pick(text.mitigations, 'mitigations', 'mitigations')}
        {line(text.name, 'name')}
        {line(text.cpu, 'cpu')}
        {line(text.microcode, 'microcode')}
        {line(text.ghz, 'ghz')}
      </div>
      <p className="field-error" role="alert">
        {problem}
      </p>
      {made !== null && <FitView made={made} />}
      <KeptHosts />
      <div className="dialog-answers">
        <Button className="button" onPress={() => void openFile()}>
          {text.open}
        </Button>
        <Button type="submit" className={`button${made === null ? ' primary' : ''}`}>
          {text.fit}
        </Button>
        {made !== null && (
          <>
            <Button className="button" onPress={() => void save(made.text, made.file.host.name)}>
              {text.saveFile}
            </Button>
            <Button className="button primary" onPress={() => void keep()}>
              {text.keep}
            </Button>
          </>
        )}
        <Button className="button" onPress={closeCalibrate}>
          {en.common.close}
        </Button>
      </div>
    </Form>
  );
}

/** Selects a line (from 1) of a field, so that it is seen and can be typed over. */
function selectLine(field: HTMLTextAreaElement | null, line: number): void {
  if (field === null || line === 0) return;
  const lines = field.value.split('\n');
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  field.focus();
  field.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
}
