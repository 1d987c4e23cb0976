import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOT_RUN, SKIPPED } from './chromium.ts';
import { openWindow, picturesOfFailures, type OpenWindow } from './open-window.ts';
import { User } from './user.ts';

describe.skipIf(NOT_RUN !== null)(`what panes do, by the palette${SKIPPED}`, () => {
  let opened: OpenWindow;
  let user: User;
  const rows = () => opened.page.getByRole('grid', { name: 'Configurations' }).getByRole('row');
  const enabled = (): Promise<number> => rows().and(opened.page.locator('[aria-selected="true"]')).count();

  /** Finds a command by its title and carries it out. */
  async function command(title: string): Promise<void> {
    const { page } = opened;
    const dialog = page.getByRole('dialog', { name: 'Commands' });
    await page.keyboard.press('F1');
    await dialog.waitFor();
    await page.keyboard.type(title);
    await dialog.getByRole('menuitem', { name: title }).first().waitFor();
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'hidden' });
  }

  beforeAll(async () => {
    opened = await openWindow();
    user = new User(opened.page);
    await user.openScenario(/^Virtio doorbell/);
    await user.choose('Doorbell design', ['userspace', 'fast-mmio', 'pio']);
    const script = await user.editorText('doorbell.ts');
    await user.replaceText(
      'doorbell.ts',
      script.replace('guest(cpu, { bell }) {', "$&\n    console.log('hello', 1 + 1);"),
    );
    await user.run();
    await user.numbers('Cycles an access, by stage');
  }, 120_000);
  afterAll(() => opened?.close());
  picturesOfFailures(() => opened);

  it('Escape in the list of configurations leaves them enabled', async () => {
    await rows().first().focus();
    expect(await enabled()).toBe(3);
    await opened.page.keyboard.press('Escape');
    await opened.page.waitForTimeout(300);
    expect(await enabled()).toBe(3);
  });

  it('enables and disables every configuration', async () => {
    await command('Disable all configurations');
    await expect.poll(enabled).toBe(0);
    await command('Enable all configurations');
    await expect.poll(enabled).toBe(3);
  });

  it('duplicates the configuration in focus, and renames it', async () => {
    await rows().filter({ hasText: 'pio' }).first().focus();
    await command('Duplicate the configuration');
    await expect.poll(() => user.configurations()).toContain('pio (2)');
    await rows().filter({ hasText: 'pio (2)' }).first().focus();
    await command('Rename or edit');
    const name = opened.page.getByRole('dialog').getByRole('textbox', { name: 'Name' });
    await name.fill('mine');
    await name.press('Enter');
    await expect.poll(() => user.configurations()).toContain('mine');
  });

  it('copies the table in focus', async () => {
    await user.showPane('Results');
    await opened.page
      .getByRole('grid', { name: 'Cycles an access, by stage' })
      .getByRole('columnheader')
      .first()
      .focus();
    await command('Copy the table in focus as Markdown');
    await user.says(/on the clipboard/);
    expect(await user.clipboard()).toMatch(/^\*\*Cycles an access.*\n\n\| configuration \|/);
    await command('Copy the table in focus as TSV');
    await expect.poll(() => user.clipboard()).toMatch(/^configuration\t/);
  });

  it('swaps A and B', async () => {
    await user.showPane('Compare');
    const sides = async (): Promise<string[]> =>
      Promise.all(
        ['A', 'B'].map((name) => user.pane('Compare').getByRole('combobox', { name, exact: true }).inputValue()),
      );
    const before = await sides();
    await command('Swap A and B');
    await expect.poll(sides).toEqual(before.toReversed());
  });

  it('goes through accesses and steps, and says why a number is no access', async () => {
    await user.showPane('Inspect');
    const pane = user.pane('Inspect');
    const access = pane.getByRole('textbox', { name: /^Access/ });
    await access.fill('2');
    await access.press('Enter');
    await pane.getByText(/^step 1 of/).waitFor();
    await command('Next step');
    await pane.getByText(/^step 2 of/).waitFor();
    await command('Previous step');
    await pane.getByText(/^step 1 of/).waitFor();
    await command('Next access');
    await expect.poll(() => access.inputValue()).toBe('3');
    await command('Previous access');
    await expect.poll(() => access.inputValue()).toBe('2');
    for (const wrong of ['0', 'abc', '9 999 999 999']) {
      await access.fill(wrong);
      await access.press('Enter');
      await pane
        .getByRole('alert')
        .filter({ hasText: `“${wrong}” is no access` })
        .waitFor();
    }
    await access.fill('1 000');
    await access.press('Enter');
    await expect.poll(() => access.inputValue()).toBe('1000');
  });

  it('makes a pane larger and smaller, by its key too', async () => {
    const pane = user.pane('Inspect');
    const height = async (): Promise<number> => (await pane.boundingBox())!.height;
    const before = await height();
    await pane.getByRole('textbox', { name: /^Access/ }).focus();
    await command('Make pane larger');
    await expect.poll(height).toBeGreaterThan(before + 10);
    const larger = await height();
    await opened.page.keyboard.press('Alt+-');
    await expect.poll(height).toBeLessThan(larger - 10);
    await opened.page.keyboard.press('Alt+=');
    await expect.poll(height).toBeGreaterThan(before + 10);
  });

  it('what the script said stands under Problems', async () => {
    await user.showPane('Problems');
    const output = user.pane('Problems').getByRole('region', { name: 'Output' });
    await output.getByText('hello 2').waitFor();
    await output.getByText('all 3 configurations').waitFor();
    expect(opened.errors).toEqual([]);
  });
});
