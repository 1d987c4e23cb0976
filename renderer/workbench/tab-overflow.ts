import type { DockviewApi } from 'dockview-react';

const ROW = '.dv-tabs-and-actions-container';

/**
 * Takes away the button for tabs that do not fit where all of them would fit without it. The button itself takes room: once it is there,
 * as after a group was hidden behind a maximized one, dockview alone would keep it. Returns the undo.
 */
export function followTabOverflow(api: DockviewApi, dock: HTMLElement): () => void {
  const resized = new ResizeObserver((entries) => {
    for (const row of new Set(entries.map(({ target }) => target.closest(ROW)))) if (row !== null) dropIfNeedless(row);
  });
  const observe = (): void => {
    resized.disconnect();
    // The row, and the tabs in it: the button that comes a frame later makes only them smaller.
    for (const each of dock.querySelectorAll(`${ROW}, .dv-tabs-container`)) resized.observe(each);
  };
  const groups = [api.onDidAddGroup(observe), api.onDidRemoveGroup(observe), api.onDidLayoutFromJSON(observe)];
  observe();
  return () => {
    resized.disconnect();
    for (const group of groups) group.dispose();
  };
}

/** Hides the button when that makes all tabs fit; dockview then sees it and removes the button. */
function dropIfNeedless(row: Element): void {
  const button = row.querySelector<HTMLElement>('.dv-tabs-overflow-dropdown-root');
  const tabs = row.querySelector('.dv-tabs-container');
  if (button === null || tabs === null) return;
  button.style.display = 'none';
  if (tabs.scrollWidth > tabs.clientWidth) button.style.display = '';
}
