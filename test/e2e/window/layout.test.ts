import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOT_RUN, SKIPPED } from './chromium.ts';
import { openWindow, picturesOfFailures, type OpenWindow } from './open-window.ts';
import { User } from './user.ts';

const SIZES = [
  [1440, 900],
  [1100, 700],
] as const;

describe.skipIf(NOT_RUN !== null).each(SIZES)(`the layout at %i x %i${SKIPPED}`, (width, height) => {
  let opened: OpenWindow;
  let user: User;
  const box = async (pane: string) => (await user.pane(pane).boundingBox())!;
  /** Names of the tabs that are not wholly on the screen. */
  const cutOff = (): Promise<string[]> =>
    opened.page.getByRole('tablist').evaluateAll((rows) =>
      rows.flatMap((row) => {
        const { left, right } = row.getBoundingClientRect();
        return [...row.querySelectorAll('[role="tab"]')]
          .filter((tab) => {
            const at = tab.getBoundingClientRect();
            return at.width > 0 && (at.left < left - 1 || at.right > right + 1);
          })
          .map((tab) => tab.textContent);
      }),
    );

  beforeAll(async () => {
    opened = await openWindow({ width, height });
    user = new User(opened.page);
    await user.openScenario(/^Virtio doorbell/);
    await user.editor('doorbell.ts');
  }, 120_000);
  afterAll(() => opened?.close());
  picturesOfFailures(() => opened);

  it('gives the results the room below the editor, and the sides no more than they need', async () => {
    const [left, right, below] = [await box('Gallery'), await box('Configurations'), await box('Results')];
    expect(left.width / width).toBeGreaterThan(0.17);
    expect(left.width / width).toBeLessThan(0.23);
    expect(right.width / width).toBeGreaterThan(0.23);
    expect(right.width / width).toBeLessThan(0.25);
    // Without its row of tabs.
    expect(below.height / height).toBeGreaterThan(0.36);
    expect(below.height / height).toBeLessThan(0.42);
    expect(below.width / width).toBeGreaterThan(0.53);
  });

  it('has no scrollbar around a pane, however long the lists in it are', async () => {
    await user.choose('Paging: EPT, NPT, shadow', ['ept', 'npt']);
    const over = await opened.page
      .locator('.dv-view, .pane')
      .evaluateAll((views) => views.map((view) => view.scrollHeight - view.clientHeight));
    expect(Math.max(...over)).toBeLessThanOrEqual(0);
  });

  it('cuts no tab off, nor after a pane was maximized and restored', async () => {
    expect(await cutOff()).toEqual([]);
    const list = opened.page.getByRole('listbox', { name: 'Scenarios' });
    for (const pane of ['Results', 'Configurations']) {
      await user.showPane(pane);
      await opened.page.keyboard.press('Alt+m');
      await list.waitFor({ state: 'hidden' });
      // As long as somebody looks at it: what is hidden is laid out anew meanwhile.
      await opened.page.waitForTimeout(300);
      await opened.page.keyboard.press('Alt+m');
      await list.waitFor();
      await expect.poll(cutOff).toEqual([]);
      expect(await opened.page.locator('.dv-tabs-overflow-dropdown-root:visible').count()).toBe(0);
    }
  });

  it('comes back as the user left it', async () => {
    const before = await box('Gallery');
    const edge = { x: before.x + before.width, y: before.y + 200 };
    await opened.page.mouse.move(edge.x, edge.y);
    await opened.page.mouse.down();
    await opened.page.mouse.move(edge.x + 60, edge.y, { steps: 5 });
    await opened.page.mouse.up();
    const panes = ['Gallery', 'Configurations', 'Results'];
    const left = await Promise.all(panes.map(box));
    expect(left[0]!.width - before.width).toBeGreaterThan(50);
    await opened.page.waitForTimeout(1500);
    await opened.page.reload();
    await user.editor('doorbell.ts');
    for (const [n, pane] of panes.entries()) {
      const { x, y, width: wide, height: high } = await box(pane);
      const was = left[n]!;
      for (const [now, then] of [
        [x, was.x],
        [y, was.y],
        [wide, was.width],
        [high, was.height],
      ] as const) {
        expect(Math.abs(now - then), pane).toBeLessThan(2);
      }
    }
  });
});
