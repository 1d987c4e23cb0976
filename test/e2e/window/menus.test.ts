import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOT_RUN, SKIPPED } from './chromium.ts';
import { openWindow, picturesOfFailures, type OpenWindow } from './open-window.ts';
import { User } from './user.ts';

describe.skipIf(NOT_RUN !== null)(`the menus${SKIPPED}`, () => {
  let opened: OpenWindow;
  let user: User;
  const themes = () => opened.page.getByRole('menuitemradio');
  const openView = async (): Promise<void> => {
    await opened.page.getByRole('toolbar', { name: 'Menu' }).getByRole('button', { name: 'View' }).click();
    await opened.page.getByRole('menu').waitFor();
  };
  const chosen = async (): Promise<string[]> => {
    await openView();
    const names = await themes().and(opened.page.locator('[aria-checked="true"]')).allInnerTexts();
    await opened.page.keyboard.press('Escape');
    return names.map((name) => name.replace('✓', '').trim());
  };

  beforeAll(async () => {
    opened = await openWindow();
    user = new User(opened.page);
    await opened.page.getByRole('listbox', { name: 'Scenarios' }).waitFor();
  }, 120_000);
  afterAll(() => opened?.close());
  picturesOfFailures(() => opened);

  it('name no two buttons alike', async () => {
    const names = await opened.page
      .getByRole('banner')
      .getByRole('button')
      .evaluateAll((buttons) => buttons.map((button) => button.getAttribute('aria-label') ?? button.textContent));
    expect(names).toContain('Run');
    expect(names).toContain('Run the script');
    expect(new Set(names).size).toBe(names.length);
  });

  it('show which colours are chosen, and choose others', async () => {
    expect(await chosen()).toEqual(['Colours of the system']);
    await openView();
    expect(await themes().count()).toBe(3);
    await themes().filter({ hasText: 'Dark colours' }).click();
    await expect.poll(() => opened.page.evaluate(() => document.documentElement.dataset['theme'])).toBe('dark');
    expect(await chosen()).toEqual(['Dark colours']);
    await user.choosesFrom('View', 'Reduce motion');
    await openView();
    const motion = opened.page.getByRole('menuitemcheckbox', { name: 'Reduce motion' });
    expect(await motion.getAttribute('aria-checked')).toBe('true');
  });
});
