import type { DockviewApi } from 'dockview-react';

/**
 * Takes away the button for tabs that do not fit where all of them would fit without it. The button itself takes room: once it is there,
 * as after a group was hidden behind a maximized one, dockview alone would keep it. Returns the undo.
 */
export function followTabOverflow(api: DockviewApi, dock: HTMLElement): () => void {
  const resized = new ResizeObserver((entries) => {
    for (const { target } of entries) dropIfNeedless(target);
  });
  const observe = (): void => {
    resized.disconnect();
    for (const row of dock.querySelectorAll('.dv-tabs-and-actions-container')) resized.observe(row);
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
