import { screen, type BrowserWindow, type Rectangle } from 'electron';
import * as v from 'valibot';
import { readKept, Writes, writeKept } from '../host/lab/kept-json.ts';

const size = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100_000));
const position = v.pipe(v.number(), v.integer(), v.minValue(-100_000), v.maxValue(100_000));
const schema = v.object({
  schema: v.literal('exitlab.window/1'),
  bounds: v.object({ x: position, y: position, width: size, height: size }),
  maximized: v.boolean(),
});

/** Where the window was, in the system's device-independent pixels. */
export interface WindowState {
  /** Of the window that is not maximized; null: the system chooses. */
  readonly bounds: Rectangle | null;
  readonly maximized: boolean;
}

export const DEFAULT_SIZE = { width: 1440, height: 900 } as const;
export const SMALLEST = { width: 480, height: 360 } as const;
/** So much of the window must be on a screen to be found and moved. */
const GRIP = { width: 120, height: 40 } as const;
/** Milliseconds of rest before a change is written. */
const REST = 400;

/** Reads where the window was. A file that is missing or cannot be used means the default. */
export async function readWindowState(path: string): Promise<WindowState> {
  const { value } = await readKept(path, 1 << 16, (input) => v.parse(schema, input));
  if (value === null) return { bounds: null, maximized: false };
  const areas = screen.getAllDisplays().map(({ workArea }) => workArea);
  return { bounds: fit(value.bounds, areas), maximized: value.maximized };
}

/** The bounds if enough of them is on one of the screens, and no larger than that screen; else null. */
export function fit(bounds: Rectangle, areas: readonly Rectangle[]): Rectangle | null {
  const area = areas.find((candidate) => {
    const width = Math.min(bounds.x + bounds.width, candidate.x + candidate.width) - Math.max(bounds.x, candidate.x);
    const height = Math.min(bounds.y + bounds.height, candidate.y + candidate.height) - Math.max(bounds.y, candidate.y);
    return width >= GRIP.width && height >= GRIP.height && bounds.y >= candidate.y;
  });
  if (area === undefined) return null;
  return {
    x: bounds.x,
    y: bounds.y,
    width: Math.max(SMALLEST.width, Math.min(bounds.width, area.width)),
    height: Math.max(SMALLEST.height, Math.min(bounds.height, area.height)),
  };
}

/** Writes where the window is, soon after it changes and when it closes. The function returned resolves when all is written. */
export function keepWindowState(window: BrowserWindow, path: string): () => Promise<void> {
  const writes = new Writes();
  let timer: NodeJS.Timeout | undefined;
  const write = (): void => {
    clearTimeout(timer);
    if (window.isDestroyed() || window.isMinimized()) return;
    const state = { schema: 'exitlab.window/1', bounds: window.getNormalBounds(), maximized: window.isMaximized() };
    void writes.next(() => writeKept(path, state)).catch(() => {});
  };
  const soon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(write, REST);
  };
  window.on('resize', soon);
  window.on('move', soon);
  window.on('maximize', soon);
  window.on('unmaximize', soon);
  window.on('close', write);
  window.on('closed', () => clearTimeout(timer));
  return () => writes.settled();
}
