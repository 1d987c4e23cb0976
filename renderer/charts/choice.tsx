import { useId } from 'react';

interface Props {
  readonly label: string;
  readonly options: readonly { readonly value: string; readonly text: string }[];
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** Said at the end of the list; cannot be chosen. */
  readonly note?: string;
}

/** One of a list, by the platform's own list box: it opens at once however long the list is. */
export function Choice({ label, options, value, onChange, note }: Props) {
  const id = useId();
  return (
    <span className="choice">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text}
          </option>
        ))}
        {note !== undefined && <option disabled>{note}</option>}
      </select>
    </span>
  );
}
