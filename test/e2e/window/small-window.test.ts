import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOT_RUN, SKIPPED } from './chromium.ts';
import { openWindow, picturesOfFailures, type OpenWindow } from './open-window.ts';
import { User } from './user.ts';

const PANES = [
  'Gallery',
  'Files',
  'Question',
  'Configurations',
  'Results',
  'Compare',
  'Inspect',
  'Timeline',
  'Divergences',
  'Report',
  'History',
  'Problems',
];

/** CSS pixels of height that a pane needs for its tools and some lines below them. */
const LEAST = 150;

describe.skipIf(NOT_RUN !== null)(`a window of 1000 x 560${SKIPPED}`, () => {
  let opened: OpenWindow;
  let user: User;

  beforeAll(async () => {
    opened = await openWindow({ width: 1000, height: 560 });
    user = new User(opened.page);
    await user.openScenario(/^Virtio doorbell/);
    await user.run();
  }, 120_000);
  afterAll(() => opened?.close());
  picturesOfFailures(() => opened);

  it.each(PANES)('pane %s has room, and everything in it can be pressed', async (pane) => {
    const { page } = opened;
    const commands = page.getByRole('dialog', { name: 'Commands' });
    await page.keyboard.press('F1');
    await commands.waitFor();
    await page.keyboard.type(`Show ${pane}`);
    await page.keyboard.press('Enter');
    await commands.waitFor({ state: 'hidden' });
    await user.pane(pane).waitFor();
    const { width, height } = (await user.pane(pane).boundingBox())!;
    expect(height).toBeGreaterThan(LEAST);
    expect(width).toBeGreaterThan(200);
    // What is scrolled to is neither cut off nor covered.
    const out = await user.pane(pane).evaluate((panel) => {
      const controls = [...panel.querySelectorAll<HTMLElement>('button, select, input, textarea, [role="tab"]')]
        .filter((control) => control.closest('[aria-hidden="true"]') === null && control.checkVisibility())
        // Of a box to tick the mouse meets the label.
        .map((control) => control.closest<HTMLElement>('label') ?? control);
      return controls
        .filter((control) => {
          control.scrollIntoView({ block: 'center', inline: 'center' });
          const { left, top, width: wide, height: high } = control.getBoundingClientRect();
          const met = document.elementFromPoint(left + wide / 2, top + high / 2);
          return met === null || !(control.contains(met) || met.contains(control));
        })
        .map((control) => control.textContent || control.getAttribute('aria-label') || control.outerHTML.slice(0, 80));
    });
    expect(out).toEqual([]);
  });

  it('lists the tabs that do not fit beside them', async () => {
    const { page } = opened;
    await page.locator('.dv-tabs-overflow-dropdown-root:visible').first().click();
    const list = page.locator('.dv-tabs-overflow-container');
    await list.waitFor();
    await list.getByText('Results').click();
    await expect.poll(() => user.pane('Results').isVisible()).toBe(true);
  });
});
