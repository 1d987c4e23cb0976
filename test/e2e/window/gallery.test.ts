import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOT_RUN, SKIPPED } from './chromium.ts';
import { openWindow, picturesOfFailures, type OpenWindow } from './open-window.ts';
import { User } from './user.ts';

describe.skipIf(NOT_RUN !== null)(`the gallery${SKIPPED}`, () => {
  let opened: OpenWindow;
  let user: User;

  beforeAll(async () => {
    opened = await openWindow();
    user = new User(opened.page);
  }, 120_000);
  afterAll(() => opened?.close());
  picturesOfFailures(() => opened);

  it('opens a row that was scrolled to and pressed within one frame, with the focus elsewhere before', async () => {
    const { page } = opened;
    const list = page.getByRole('listbox', { name: 'Scenarios' });
    await user.openScenario(/^Virtio doorbell/);
    await (await user.editor('doorbell.ts')).focus();
    // Longer than its pane, or there would be nothing to scroll.
    expect(await list.evaluate((element) => element.scrollHeight - element.clientHeight)).toBeGreaterThan(100);
    // The last row is scrolled to and pressed at once, before the list's scroll event.
    await list.getByRole('option').last().click();
    await expect.poll(() => page.getByRole('tab', { name: /\.ts/ }).count()).toBe(2);
    expect(await list.evaluate((element) => element.scrollTop)).toBeGreaterThan(100);
  });
});
