/**
 * A key chord such as `Mod+Shift+P`: modifiers first, then the key. `Mod` is Command on a Mac and Ctrl elsewhere; `Ctrl` is Ctrl
 * everywhere. The key is a letter, a digit, a function key or the name of `KeyboardEvent.key`.
 */
export type Shortcut = string;

/** The parts of a keyboard event that a chord is compared with. */
export type Keys = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>;

interface Chord {
  readonly ctrl: boolean;
  readonly meta: boolean;
  readonly alt: boolean;
  readonly shift: boolean;
  readonly key: string;
}

function parse(shortcut: Shortcut, mac: boolean): Chord {
  const parts = shortcut.split('+');
  const key = parts.pop() ?? '';
  const has = (name: string): boolean => parts.includes(name);
  return {
    ctrl: has('Ctrl') || (has('Mod') && !mac),
    meta: has('Mod') && mac,
    alt: has('Alt'),
    shift: has('Shift'),
    key,
  };
}

/** The key by its place on the keyboard where Alt or another layout changes what it types. */
function codeOf(key: string): string | null {
  if (/^[A-Z]$/.test(key)) return `Key${key}`;
  if (/^[0-9]$/.test(key)) return `Digit${key}`;
  return null;
}

/** True when the keys held down are exactly the chord. Letters go by what they type, with Alt by where they are. */
export function matches(event: Keys, shortcut: Shortcut, mac: boolean): boolean {
  const chord = parse(shortcut, mac);
  if (event.ctrlKey !== chord.ctrl || event.metaKey !== chord.meta) return false;
  if (event.altKey !== chord.alt || event.shiftKey !== chord.shift) return false;
  const code = codeOf(chord.key);
  if (code !== null && (chord.alt || code.startsWith('Digit'))) return event.code === code;
  return event.key.toUpperCase() === chord.key.toUpperCase();
}

const MAC_SIGNS: Readonly<Record<string, string>> = {
  Mod: '⌘',
  Ctrl: '⌃',
  Alt: '⌥',
  Shift: '⇧',
  Enter: '↩',
  ArrowLeft: '←',
  ArrowRight: '→',
};

/** The chord as the platform writes it: `Ctrl+Shift+P`, or `⇧⌘P`. */
export function shortcutText(shortcut: Shortcut, mac: boolean): string {
  const parts = shortcut.split('+');
  if (!mac) return parts.map((part) => (part === 'Mod' ? 'Ctrl' : part.replace('Arrow', ''))).join('+');
  const order = ['Ctrl', 'Alt', 'Shift', 'Mod'];
  const key = parts.at(-1) ?? '';
  const held = order.filter((name) => parts.slice(0, -1).includes(name));
  return [...held, key].map((part) => MAC_SIGNS[part] ?? part).join('');
}

/** The chord for `aria-keyshortcuts`. */
export const ariaShortcut = (shortcut: Shortcut, mac: boolean): string =>
  shortcut.replace('Mod', mac ? 'Meta' : 'Control').replace('Ctrl', 'Control');
