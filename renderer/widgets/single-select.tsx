import { Button, Label, Popover, Select, SelectValue } from 'react-aria-components';
import type { AxisOption } from '../state/axes.ts';
import { OptionList } from './multi-select.tsx';

interface Props {
  readonly label: string;
  readonly options: readonly AxisOption[];
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** A list of which one is chosen. */
export function SingleSelect({ label, options, value, onChange }: Props) {
  return (
    <Select className="select" value={value} onChange={(key) => key !== null && onChange(String(key))}>
      <Label>{label}</Label>
      <Button className="select-button">
        <SelectValue className="select-value">{() => value}</SelectValue>
        <span aria-hidden="true">▾</span>
      </Button>
      <Popover className="popover select-popover" placement="bottom end">
        <OptionList options={options} />
      </Popover>
    </Select>
  );
}
