import type { Settings, SettingsStore } from '../state/settings.ts';

const DARK = '(prefers-color-scheme: dark)';
const CALM = '(prefers-reduced-motion: reduce)';

/** The theme in force: the user's choice, else the system's. */
export const themeInForce = (theme: Settings['theme']): 'light' | 'dark' =>
  theme === 'system' ? (matchMedia(DARK).matches ? 'dark' : 'light') : theme;

/** Writes theme, motion and zoom to the document, now and on every change of the settings or of the system's. Returns the undo. */
export function followAppearance(settings: SettingsStore, onChange: (theme: 'light' | 'dark') => void): () => void {
  const apply = (): void => {
    const { theme, motion, zoom } = settings.getState();
    const root = document.documentElement;
    const inForce = themeInForce(theme);
    root.dataset['theme'] = inForce;
    root.dataset['motion'] = motion === 'reduced' || matchMedia(CALM).matches ? 'reduced' : 'full';
    root.style.setProperty('--zoom', String(zoom));
    onChange(inForce);
  };
  const queries = [matchMedia(DARK), matchMedia(CALM)];
  for (const query of queries) query.addEventListener('change', apply);
  const unsubscribe = settings.subscribe(apply);
  apply();
  return () => {
    unsubscribe();
    for (const query of queries) query.removeEventListener('change', apply);
  };
}
