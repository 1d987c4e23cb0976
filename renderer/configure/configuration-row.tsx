import {
  Button,
  Checkbox,
  GridListItem,
  Menu,
  MenuItem,
  MenuTrigger,
  Popover,
  ToggleButton,
} from 'react-aria-components';
import type { MatrixRow } from '../state/matrix.ts';
import { en } from '../text/en.ts';
import { contradictionOf } from './contradiction.ts';
import { RowState } from './row-state.tsx';

export type RowAction = 'edit' | 'duplicate' | 'remove';

interface Props {
  readonly document: string;
  readonly row: MatrixRow;
  readonly side: 'a' | 'b' | null;
  readonly onChoose: (side: 'a' | 'b') => void;
  readonly onAction: (action: RowAction) => void;
}

/** One configuration: whether it runs, its name, whether it is A or B, and what can be done with it. */
export function ConfigurationRow({ document, row, side, onChoose, onAction }: Props) {
  const { name } = row.configuration;
  const contradiction = row.copy ? contradictionOf(row.configuration) : null;
  return (
    <GridListItem id={row.id} textValue={name} className="configuration-row">
      <Checkbox slot="selection" className="checkbox">
        <span className="checkbox-box" aria-hidden="true" />
      </Checkbox>
      <span className="configuration-name">
        {name}
        {contradiction !== null && <span className="field-error">{contradiction}</span>}
      </span>
      <RowState document={document} configuration={row.configuration} />
      {(['a', 'b'] as const).map((which) => (
        <ToggleButton
          key={which}
          className="pair-button"
          isSelected={side === which}
          onChange={() => onChoose(which)}
          aria-label={en.configure.chooseAs(which.toUpperCase(), name)}
        >
          {which.toUpperCase()}
        </ToggleButton>
      ))}
      <MenuTrigger>
        <Button className="button icon" aria-label={en.configure.actionsOf(name)}>
          ⋯
        </Button>
        <Popover className="popover" placement="bottom end">
          <Menu className="menu" onAction={(key) => onAction(key as RowAction)}>
            {(['edit', 'duplicate', 'remove'] as const).map((action) => (
              <MenuItem key={action} id={action} className="menu-item">
                {en.configure.actions[action]}
              </MenuItem>
            ))}
          </Menu>
        </Popover>
      </MenuTrigger>
    </GridListItem>
  );
}
