const KEY = 'exitlab.window';

/**
 * Names this window among those of one lab, over reloads. It lies in the tab's own storage only while the page goes: a tab that is
 * duplicated must not take the name along.
 */
export function windowId(): string {
  const page = globalThis.window?.sessionStorage;
  const id = page?.getItem(KEY) ?? crypto.randomUUID();
  page?.removeItem(KEY);
  globalThis.window?.addEventListener('pagehide', () => page?.setItem(KEY, id));
  return id;
}
