import { Input, Label, NumberField } from 'react-aria-components';

interface Props {
  readonly label: string;
  readonly value: number;
  readonly least: number;
  readonly onChange: (value: number) => void;
}

/** A whole number. */
export function NumberInput({ label, value, least, onChange }: Props) {
  return (
    <NumberField
      className="select"
      value={value}
      minValue={least}
      maxValue={2 ** 31 - 1}
      step={1}
      formatOptions={{ useGrouping: false }}
      onChange={(next) => onChange(Number.isNaN(next) ? least : next)}
    >
      <Label>{label}</Label>
      <Input className="plain" />
    </NumberField>
  );
}
