import { Disclosure, DisclosurePanel, Button, Heading } from 'react-aria-components';
import { useStore } from 'zustand';
import { DEFAULT_CPUS, DEFAULT_KERNEL } from '../../core/index.ts';
import {
  AXIS_OPTIONS,
  FLAG_AXES,
  NAME_AXES,
  type Axes,
  type AxisOption,
  type FlagAxis,
  type NameAxis,
} from '../state/axes.ts';
import { cpuOptions, knownCpus } from '../state/known-cpus.ts';
import { en } from '../text/en.ts';
import { MultiSelect } from '../widgets/multi-select.tsx';
import { NumberInput } from '../widgets/number-input.tsx';
import { EventsSelect } from './events-select.tsx';
import { SwitchesForm } from './switches-form.tsx';

const { configure: text } = en;

/** What an axis takes while nothing is chosen. */
const EMPTY: Readonly<Record<NameAxis, string>> = {
  mmus: text.defaults.mmus,
  cpus: text.defaults.cpus(DEFAULT_CPUS.ept, DEFAULT_CPUS.npt),
  kernels: text.defaults.one(DEFAULT_KERNEL),
  designs: text.defaults.designs,
  mitigations: text.defaults.one('default'),
  hostPages: text.defaults.one('4K'),
};

const FLAG_OPTIONS: Readonly<Record<FlagAxis, readonly AxisOption[]>> = {
  vpid: [
    { id: text.on, title: text.on, about: text.vpidOn },
    { id: text.off, title: text.off, about: text.vpidOff },
  ],
  nestedHost: [
    { id: text.bare, title: text.bare, about: text.bareAbout },
    { id: text.nested, title: text.nested, about: text.nestedAbout },
  ],
};
const FLAG_VALUES: Readonly<Record<FlagAxis, readonly boolean[]>> = { vpid: [true, false], nestedHost: [false, true] };

/** The axes of the matrix, a list of choices each. */
export function AxesForm({ axes, onChange }: { axes: Axes; onChange: (axes: Partial<Axes>) => void }) {
  const calibrated = cpuOptions(useStore(knownCpus));
  return (
    <div className="axes">
      {NAME_AXES.map((axis) => (
        <MultiSelect
          key={axis}
          label={text.axes[axis]}
          about={text.axesAbout[axis]}
          options={axis === 'cpus' ? [...AXIS_OPTIONS.cpus, ...calibrated] : AXIS_OPTIONS[axis]}
          value={axes[axis]}
          empty={EMPTY[axis]}
          onChange={(value) => onChange({ [axis]: value })}
        />
      ))}
      {FLAG_AXES.map((axis) => (
        <MultiSelect
          key={axis}
          label={text.axes[axis]}
          about={text.axesAbout[axis]}
          options={FLAG_OPTIONS[axis]}
          value={axes[axis].map((value) => FLAG_OPTIONS[axis][FLAG_VALUES[axis].indexOf(value)]!.id)}
          empty={text.defaults.one(FLAG_OPTIONS[axis][0]!.title)}
          onChange={(ids) =>
            onChange({ [axis]: FLAG_VALUES[axis].filter((_, index) => ids.includes(FLAG_OPTIONS[axis][index]!.id)) })
          }
        />
      ))}
      <NumberInput label={text.fields.seed} value={axes.seed} least={0} onChange={(seed) => onChange({ seed })} />
      <EventsSelect />
      <Disclosure className="disclosure">
        <Heading level={3}>
          <Button slot="trigger" className="disclosure-button">
            {text.switches(Object.keys(axes.switches).length)}
          </Button>
        </Heading>
        <DisclosurePanel>
          <SwitchesForm switches={axes.switches} onChange={(switches) => onChange({ switches })} />
        </DisclosurePanel>
      </Disclosure>
    </div>
  );
}
