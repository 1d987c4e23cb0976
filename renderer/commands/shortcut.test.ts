import { describe, expect, it } from 'vitest';
import { fakeLab } from '../test/fake-lab.ts';
import { fakeBench } from '../test/fake-bench.ts';
import { keyOf } from './command.ts';
import { commandsOf } from './commands.ts';
import { matches, shortcutText, type Keys } from './shortcut.ts';

const keys = (key: string, held = '', code = ''): Keys => ({
  key,
  code,
  ctrlKey: held.includes('c'),
  metaKey: held.includes('m'),
  altKey: held.includes('a'),
  shiftKey: held.includes('s'),
});

describe('key chords', () => {
  it.each([
    ['Mod+S', keys('s', 'c'), false, true],
    ['Mod+S', keys('s', 'm'), true, true],
    ['Mod+S', keys('s', 'c'), true, false],
    ['Mod+S', keys('S', 'cs'), false, false],
    ['Mod+Shift+P', keys('P', 'cs'), false, true],
    ['Alt+1', keys('¡', 'a', 'Digit1'), true, true],
    ['Alt+M', keys('µ', 'a', 'KeyM'), true, true],
    ['F6', keys('F6'), false, true],
    ['Shift+F6', keys('F6'), false, false],
    ['Mod+.', keys('.', 'c'), false, true],
  ])('%s', (shortcut, event, mac, expected) => {
    expect(matches(event, shortcut, mac)).toBe(expected);
  });

  it('are written as the platform does', () => {
    expect(shortcutText('Mod+Shift+P', false)).toBe('Ctrl+Shift+P');
    expect(shortcutText('Mod+Shift+P', true)).toBe('⇧⌘P');
  });
});

describe('the commands', () => {
  const commands = commandsOf(fakeBench(fakeLab()));

  it('have unique names and keys', () => {
    const ids = commands.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const chords = commands.flatMap((command) => [
      ...(command.shortcuts ?? []),
      ...(command.editorKey ? [command.editorKey] : []),
    ]);
    expect(new Set(chords).size).toBe(chords.length);
  });

  it('that a keyboard user needs most have a key', () => {
    for (const id of [
      'view.palette',
      'run.start',
      'run.cancel',
      'file.save',
      'go.nextGroup',
      'go.editor',
      'view.pane.results',
    ])
      expect(keyOf(commands.find((command) => command.id === id)!), id).toBeDefined();
  });
});
