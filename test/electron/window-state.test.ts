import type { BrowserWindow as ElectronWindow } from 'electron';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BrowserWindow, screen } from './double.ts';

vi.mock('electron', () => import('./double.ts'));
const { fit, keepWindowState, readWindowState } = await import('../../electron/window-state.ts');

const DEFAULT = { bounds: null, maximized: false };
let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'exitlab-window-'));
  path = join(folder, 'window.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('where the window was', () => {
  it('comes back', async () => {
    const window = new BrowserWindow({ x: 40, y: 50, width: 1000, height: 700 });
    const written = keepWindowState(window as unknown as ElectronWindow, path);
    window.maximize();
    window.closeQuietly();
    await written();
    expect(readdirSync(folder)).toEqual(['window.json']);
    expect(await readWindowState(path)).toEqual({
      bounds: { x: 40, y: 50, width: 1000, height: 700 },
      maximized: true,
    });
  });

  it('is written soon after a change, once', async () => {
    vi.useFakeTimers();
    const window = new BrowserWindow({ width: 1000, height: 700 });
    const written = keepWindowState(window as unknown as ElectronWindow, path);
    window.emit('resize');
    window.bounds = { x: 1, y: 2, width: 900, height: 600 };
    window.emit('move');
    expect(readdirSync(folder)).toEqual([]);
    vi.runAllTimers();
    vi.useRealTimers();
    await written();
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ bounds: { x: 1, y: 2, width: 900, height: 600 } });
  });

  it('is the default when there is no file', async () => {
    expect(await readWindowState(path)).toEqual(DEFAULT);
  });

  it.each([
    ['half a file', '{"schema":"exitlab.window/1","bou'],
    ['something else', '[]'],
    ['a later version', '{"schema":"exitlab.window/2"}'],
    [
      'numbers out of reach',
      '{"schema":"exitlab.window/1","bounds":{"x":1e300,"y":0,"width":1,"height":1},"maximized":false}',
    ],
    ['no text', Buffer.from([0xff, 0xfe, 0])],
  ])('is the default when the file is %s, which is put aside', async (_, content) => {
    writeFileSync(path, content);
    expect(await readWindowState(path)).toEqual(DEFAULT);
    expect(readdirSync(folder).some((name) => name.startsWith('window.json.unread-'))).toBe(true);
  });

  it.each([
    ['on the screen', { x: 10, y: 10, width: 800, height: 600 }, { x: 10, y: 10, width: 800, height: 600 }],
    ['larger than the screen', { x: 0, y: 0, width: 5000, height: 4000 }, { x: 0, y: 0, width: 1920, height: 1080 }],
    ['partly off', { x: -500, y: 900, width: 800, height: 600 }, { x: -500, y: 900, width: 800, height: 600 }],
    ['on a screen that is gone', { x: 2500, y: 0, width: 800, height: 600 }, null],
    ['with its title bar above the screen', { x: 0, y: -300, width: 800, height: 600 }, null],
    ['tiny', { x: 0, y: 0, width: 130, height: 50 }, { x: 0, y: 0, width: 480, height: 360 }],
  ])('%s', (_, bounds, expected) => {
    expect(fit(bounds, screen.areas)).toEqual(expected);
  });
});
