import {
  Autocomplete,
  Dialog,
  Input,
  Menu,
  MenuItem,
  Modal,
  ModalOverlay,
  SearchField,
  useFilter,
} from 'react-aria-components';
import { useStore } from 'zustand';
import { useBench } from '../state/bench-context.ts';
import { en } from '../text/en.ts';
import { execute, isEnabled, type Command } from './command.ts';
import { Shortcut } from './menu-bar.tsx';
import './commands.css';

/** Every command with its key: type to find one, Enter to do it. */
export function Palette({ commands }: { commands: readonly Command[] }) {
  const bench = useBench();
  const open = useStore(bench.view, (view) => view.paletteOpen);
  const { contains } = useFilter({ sensitivity: 'base' });
  const close = (): void => bench.view.setState({ paletteOpen: false });
  const shown = commands.filter(({ id }) => id !== 'view.palette');
  // The words may stand in any order: `dark theme` finds what `theme dark` does.
  const matches = (text: string, typed: string): boolean => typed.split(/\s+/).every((word) => contains(text, word));
  return (
    <ModalOverlay className="palette-overlay" isOpen={open} onOpenChange={(now) => now || close()} isDismissable>
      <Modal className="palette">
        <Dialog aria-label={en.commands.label} className="palette-dialog">
          <Autocomplete filter={matches}>
            <SearchField className="search" aria-label={en.commands.label} autoFocus>
              <Input placeholder={en.commands.placeholder} />
            </SearchField>
            <div className="palette-list" role="group" aria-label={en.commands.label} tabIndex={0}>
              <Menu
                className="menu"
                aria-label={en.commands.label}
                items={shown}
                disabledKeys={shown.filter((command) => !isEnabled(command)).map(({ id }) => id)}
                onAction={(id) => {
                  close();
                  // After the dialog has given the focus back, so that the command may move it.
                  setTimeout(() => execute(commands, String(id)), 0);
                }}
                renderEmptyState={() => <p className="pane-note">{en.commands.none}</p>}
              >
                {(command) => (
                  <MenuItem className="menu-item" textValue={`${en.commands.menus[command.menu]}: ${command.title}`}>
                    <span className="item-label">
                      <span className="muted">{en.commands.menus[command.menu]}: </span>
                      {command.title}
                    </span>
                    <Shortcut command={command} />
                  </MenuItem>
                )}
              </Menu>
            </div>
          </Autocomplete>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
