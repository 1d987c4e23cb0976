import { useState } from 'react';
import { Button, Menu, MenuItem, MenuSection, MenuTrigger, Popover, Toolbar } from 'react-aria-components';
import { useBench } from '../state/bench-context.ts';
import { en } from '../text/en.ts';
import { RunControls } from '../workbench/run-controls.tsx';
import { execute, isEnabled, keyOf, MENUS, type Command, type MenuName } from './command.ts';
import { isMac } from './keys.ts';
import { shortcutText } from './shortcut.ts';
import './commands.css';

/** The menus of the browser host, and Run. In the desktop shell the menus are the system's. */
export function MenuBar({ commands }: { commands: readonly Command[] }) {
  const bench = useBench();
  const own = bench.about.platform.host === 'browser';
  return (
    <header className="menu-bar">
      <span className="brand">{en.app}</span>
      {own && (
        <Toolbar className="menus" aria-label={en.commands.menuBar}>
          {MENUS.filter((menu) => commands.some((command) => command.menu === menu)).map((menu) => (
            <OneMenu key={menu} menu={menu} commands={commands} />
          ))}
        </Toolbar>
      )}
      <span className="stretch" />
      <RunControls />
    </header>
  );
}

function OneMenu({ menu, commands }: { menu: MenuName; commands: readonly Command[] }) {
  const [open, setOpen] = useState(false);
  return (
    <MenuTrigger isOpen={open} onOpenChange={setOpen}>
      <Button className="menu-button">{en.commands.menus[menu]}</Button>
      <Popover className="popover" placement="bottom start" offset={2}>
        {open && <Entries menu={menu} commands={commands} />}
      </Popover>
    </MenuTrigger>
  );
}

/** Drawn when the menu opens, so that what is enabled and checked is as it is now. */
function Entries({ menu, commands }: { menu: MenuName; commands: readonly Command[] }) {
  const mine = commands.filter((command) => command.menu === menu);
  const groups = [...new Set(mine.map(({ group }) => group))];
  const disabled = mine.filter((command) => !isEnabled(command)).map(({ id }) => id);
  return (
    <Menu
      className="menu"
      aria-label={en.commands.menus[menu]}
      disabledKeys={disabled}
      onAction={(id) => execute(commands, String(id))}
    >
      {groups.map((group) => (
        <Group
          key={group}
          label={`${en.commands.menus[menu]} ${group + 1}`}
          commands={mine.filter((command) => command.group === group)}
        />
      ))}
    </Menu>
  );
}

/** Commands that stand together. Those that are on or off show it, and say it as the menu's radio buttons or check boxes. */
function Group({ label, commands }: { label: string; commands: readonly Command[] }) {
  const switches = commands.some(({ checked }) => checked !== undefined);
  const on = commands.filter(({ checked }) => checked?.()).map(({ id }) => id);
  const one = commands.some(({ oneOf }) => oneOf === true);
  return (
    <MenuSection
      className="menu-group"
      aria-label={label}
      {...(switches && {
        selectionMode: one ? ('single' as const) : ('multiple' as const),
        selectedKeys: on,
        shouldCloseOnSelect: true,
      })}
    >
      {commands.map((command) => (
        <MenuItem key={command.id} id={command.id} className="menu-item" textValue={command.title}>
          <span className="check" aria-hidden="true">
            {on.includes(command.id) ? '✓' : ''}
          </span>
          <span className="item-label">{command.title}</span>
          <Shortcut command={command} />
        </MenuItem>
      ))}
    </MenuSection>
  );
}

/** The key of a command, as the platform writes it. */
export function Shortcut({ command }: { command: Command }) {
  const key = keyOf(command);
  return key === undefined ? null : <kbd className="key">{shortcutText(key, isMac())}</kbd>;
}
