import { useState } from 'react';
import { FieldError, Input, Label, Text, TextField } from 'react-aria-components';
import { SWITCHES } from '../../core/index.ts';
import type { Axes } from '../state/axes.ts';
import { en } from '../text/en.ts';
import { MultiSelect } from '../widgets/multi-select.tsx';

type Switches = Axes['switches'];
type SwitchRow = (typeof SWITCHES)[number];

const BOOLEANS = ['true', 'false'].map((id) => ({ id, title: id, about: '' }));

/** Rules of the silicon on which sources disagree: each left alone, or given one value or several. */
export function SwitchesForm({ switches, onChange }: { switches: Switches; onChange: (switches: Switches) => void }) {
  const set = (name: string, values: readonly (boolean | number)[]): void => {
    const rest = Object.fromEntries(Object.entries(switches).filter(([other]) => other !== name));
    onChange(values.length === 0 ? rest : { ...rest, [name]: values });
  };
  return (
    <div className="switches">
      {SWITCHES.map((row) => (
        <div key={row.name} className="switch">
          {row.kind === 'boolean' ? (
            <MultiSelect
              label={row.name}
              options={BOOLEANS}
              value={(switches[row.name] ?? []).map(String)}
              empty={en.configure.defaults.one(row.default)}
              onChange={(ids) =>
                set(
                  row.name,
                  ids.map((id) => id === 'true'),
                )
              }
            />
          ) : (
            <NumberList row={row} values={switches[row.name] ?? []} onChange={(values) => set(row.name, values)} />
          )}
          <p className="muted">{row.what}</p>
        </div>
      ))}
    </div>
  );
}

/** Whole numbers apart by commas; null for anything else. */
function parseNumbers(text: string): number[] | null {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length === 1 && parts[0] === '') return [];
  const numbers = parts.map((part) => (/^\d{1,9}$/.test(part) ? Number(part) : null));
  return numbers.every((number) => number !== null) ? [...new Set(numbers)] : null;
}

function NumberList({
  row,
  values,
  onChange,
}: {
  row: SwitchRow;
  values: readonly (boolean | number)[];
  onChange: (values: number[]) => void;
}) {
  const [typed, setTyped] = useState(values.join(', '));
  const parsed = parseNumbers(typed);
  return (
    <TextField
      className="select"
      value={typed}
      isInvalid={parsed === null}
      onChange={(next) => {
        setTyped(next);
        const numbers = parseNumbers(next);
        if (numbers !== null) onChange(numbers);
      }}
    >
      <Label>{row.name}</Label>
      <Input className="plain" placeholder={en.configure.defaults.one(row.default)} />
      <FieldError className="field-error">{en.configure.numbersOnly}</FieldError>
      <Text slot="description" className="visually-hidden">
        {row.what}
      </Text>
    </TextField>
  );
}
