import { createStore, type StoreApi } from 'zustand/vanilla';

/** How the window looks. Kept with the workspace. */
export interface Settings {
  readonly theme: 'system' | 'light' | 'dark';
  readonly motion: 'system' | 'reduced';
  /** Size of everything, 1 is 100 %. */
  readonly zoom: number;
  /** Events kept of each run for the timeline, the last so many. */
  readonly events: number;
}

export const DEFAULT_SETTINGS: Settings = { theme: 'system', motion: 'system', zoom: 1, events: 65_536 };

/** What can be chosen for `events`: more cost memory and disk, 33 bytes each and configuration. */
export const EVENT_CHOICES = [0, 4096, 65_536, 1_048_576] as const;

/** Steps of the zoom, as browsers have them. */
const ZOOMS = [0.5, 0.67, 0.75, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2, 2.5, 3];

export type SettingsStore = StoreApi<Settings>;

export const createSettings = (): SettingsStore => createStore<Settings>(() => DEFAULT_SETTINGS);

/** The next zoom step above (1) or below (-1) a zoom. */
export function nextZoom(zoom: number, direction: 1 | -1): number {
  const found =
    direction > 0 ? ZOOMS.find((step) => step > zoom + 0.001) : ZOOMS.findLast((step) => step < zoom - 0.001);
  return found ?? zoom;
}

/** Settings out of a saved value; whatever is not understood takes its default. */
export function readSettings(saved: unknown): Settings {
  const given = (typeof saved === 'object' && saved !== null ? saved : {}) as Partial<Record<keyof Settings, unknown>>;
  const { theme, motion, zoom, events } = given;
  return {
    theme: theme === 'light' || theme === 'dark' ? theme : 'system',
    motion: motion === 'reduced' ? 'reduced' : 'system',
    zoom: typeof zoom === 'number' && zoom >= ZOOMS[0]! && zoom <= ZOOMS.at(-1)! ? zoom : 1,
    events: EVENT_CHOICES.find((choice) => choice === events) ?? DEFAULT_SETTINGS.events,
  };
}
