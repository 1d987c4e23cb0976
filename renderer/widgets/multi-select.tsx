import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue, Text } from 'react-aria-components';
import type { AxisOption } from '../state/axes.ts';

interface Props {
  readonly label: string;
  /** What it decides, in a sentence. */
  readonly about?: string;
  readonly options: readonly AxisOption[];
  readonly value: readonly string[];
  /** What stands there while nothing is chosen. */
  readonly empty: string;
  readonly onChange: (value: readonly string[]) => void;
}

/** A list of which any number can be chosen; none means the default. */
export function MultiSelect({ label, about, options, value, empty, onChange }: Props) {
  return (
    <Select
      className="select"
      selectionMode="multiple"
      placeholder={empty}
      value={[...value]}
      // In the order of the options, so that the same choice is the same value.
      onChange={(keys) => onChange(options.map(({ id }) => id).filter((id) => keys.includes(id)))}
    >
      <Label>{label}</Label>
      {about !== undefined && (
        <Text slot="description" className="visually-hidden">
          {about}
        </Text>
      )}
      <Button className="select-button">
        <SelectValue className="select-value">
          {({ isPlaceholder, defaultChildren }) => (isPlaceholder ? defaultChildren : value.join(', '))}
        </SelectValue>
        <span aria-hidden="true">▾</span>
      </Button>
      <Popover className="popover select-popover" placement="bottom end">
        {about !== undefined && <p className="select-about">{about}</p>}
        <OptionList options={options} />
      </Popover>
    </Select>
  );
}

/** The options of a select: id, title and where it comes from. */
export function OptionList({ options }: { options: readonly AxisOption[] }) {
  return (
    <ListBox className="menu" items={options}>
      {({ id, title, about }) => (
        <ListBoxItem id={id} textValue={id} className="option">
          <span className="check" aria-hidden="true" />
          <span className="option-text">
            <span className="item-label">
              <code>{id}</code>
              {title !== id && ` ${title}`}
            </span>
            {about !== '' && <span className="item-about">{about}</span>}
          </span>
        </ListBoxItem>
      )}
    </ListBox>
  );
}
