import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOT_RUN, SKIPPED } from './chromium.ts';
import { openWindow, picturesOfFailures, type OpenWindow } from './open-window.ts';
import { readNumber, User } from './user.ts';

/** Presses of Tab after which something counts as out of reach. */
const MOST_TABS = 80;

const LONG = `scenario({
  title: 'Long', question: 'How long?',
  setup(vm) { vm.ram({ gpa: 0, size: '16 MiB' }); return { bell: vm.doorbell({ name: 'kick', width: 4 }) }; },
  guest(cpu, { bell }) {
    for (let n = 0; n < 1_000_000_000; n++) cpu.kick(bell, n % 7);
  },
});
`;

describe.skipIf(NOT_RUN !== null)(`the same path with the keyboard alone${SKIPPED}`, () => {
  let opened: OpenWindow;
  let user: User;
  let script = '';
  const press = (key: string): Promise<void> => opened.page.keyboard.press(key);
  const type = (text: string): Promise<void> => opened.page.keyboard.type(text);
  const hasFocus = (place: Locator): Promise<boolean> =>
    place
      .evaluate((element) => element.contains(document.activeElement), undefined, { timeout: 1000 })
      .catch(() => false);

  /** Walks with Tab until a place has the focus. */
  async function tabTo(place: Locator, key = 'Tab'): Promise<void> {
    for (let n = 0; n < MOST_TABS; n++) {
      if (await hasFocus(place)) return;
      await press(key);
    }
    throw new Error(`${String(place)} is not reached by ${key}`);
  }

  /** Takes exactly these values of an axis, with arrows and Space. */
  async function choose(axis: string, values: readonly string[]): Promise<void> {
    await press('Alt+3');
    await tabTo(opened.page.getByRole('button', { name: new RegExp(`${axis}$`) }));
    await press('Enter');
    const list = opened.page.getByRole('listbox', { name: axis });
    await list.waitFor();
    await press('Home');
    for (let n = await list.getByRole('option').count(); n > 0; n--) {
      const option = opened.page.locator(':focus');
      const id = (await option.locator('code').innerText()).trim();
      if (values.includes(id) !== ((await option.getAttribute('aria-selected')) === 'true')) await press('Space');
      await press('ArrowDown');
    }
    await press('Escape');
    await list.waitFor({ state: 'hidden' });
  }

  beforeAll(async () => {
    opened = await openWindow();
    user = new User(opened.page);
    await opened.page.getByRole('listbox', { name: 'Scenarios' }).waitFor();
  });
  afterAll(() => opened?.close());
  picturesOfFailures(() => opened);

  it('opens Doorbell from the gallery', async () => {
    await press('Alt+1');
    await type('virtio');
    await tabTo(opened.page.getByRole('listbox', { name: 'Scenarios' }));
    await press('Enter');
    const editor = await user.editor('doorbell.ts');
    await expect.poll(() => hasFocus(editor)).toBe(true);
    script = await user.editorText('doorbell.ts');
    expect(script).toContain("title: 'Virtio doorbell'");
  });

  it('leaves the editor with F6 and comes back', async () => {
    const editor = await user.editor('doorbell.ts');
    await press('F6');
    await expect.poll(() => hasFocus(editor)).toBe(false);
    await press('Alt+0');
    await expect.poll(() => hasFocus(editor)).toBe(true);
  });

  it('chooses designs, runs, and reads the numbers of the table', async () => {
    await choose('Doorbell design', ['fast-mmio', 'pio']);
    expect(await user.configurations()).toEqual(['fast-mmio', 'pio']);
    await press('F5');
    await user.says(/configurations ran in/);
    await press('Alt+4');
    const table = opened.page.getByRole('grid', { name: 'Cycles an access, by stage' });
    await tabTo(table);
    await press('Control+Home');
    await press('ArrowDown');
    await press('ArrowRight');
    expect(readNumber(await opened.page.locator(':focus').innerText())).toBeCloseTo(1260, -1);
    await tabTo(opened.page.getByRole('button', { name: 'Copy as TSV' }).first());
    await press('Enter');
    await user.says(/on the clipboard/);
    expect(await user.clipboard()).toMatch(/^configuration\tall stages/);
  });

  it('goes through the charts with the arrows', async () => {
    await tabTo(opened.page.getByRole('tablist', { name: 'Charts of the results' }), 'Shift+Tab');
    await press('ArrowRight');
    await opened.page.getByRole('grid', { name: 'Exits by reason' }).waitFor();
    expect(await hasFocus(opened.page.getByRole('tab', { name: 'Exits' }))).toBe(true);
  });

  it('adds NPT and compares', async () => {
    await choose('Nested paging', ['ept', 'npt']);
    await press('F5');
    await user.says(/2 configurations ran in .*, 2 as before/);
    await press('Alt+5');
    const pane = user.pane('Compare');
    await tabTo(pane.getByRole('combobox', { name: 'B', exact: true }));
    await type('npt/f');
    await press('Enter');
    await pane.getByText(/^npt\/fast-mmio against .*: (worse|inconclusive)$/).waitFor();
    expect(await pane.getByRole('combobox', { name: 'B', exact: true }).inputValue()).toBe('2');
    await press('Escape');
  });

  it('steps an access forward and back', async () => {
    await press('Alt+6');
    const pane = user.pane('Inspect');
    await tabTo(pane.getByRole('textbox', { name: /^Access/ }));
    await press('Control+a');
    await type('2');
    await press('Enter');
    const place = pane.getByText(/^step \d+ of \d+$/);
    await place.waitFor();
    await tabTo(pane.getByRole('button', { name: 'Next step' }));
    await press('Enter');
    await press('Space');
    expect(await place.innerText()).toMatch(/^step 3 of/);
    await tabTo(pane.getByRole('button', { name: 'Previous step' }), 'Shift+Tab');
    await press('Enter');
    expect(await place.innerText()).toMatch(/^step 2 of/);
  });

  it('types into the editor from the first key on, however late the next frame is', async () => {
    await press('Alt+6');
    await expect.poll(() => hasFocus(user.pane('Inspect'))).toBe(true);
    await opened.page.evaluate(() => {
      const { requestAnimationFrame: next } = window;
      window.requestAnimationFrame = (frame) => window.setTimeout(() => next(frame), 700);
      setTimeout(() => (window.requestAnimationFrame = next), 3000);
    });
    await press('Alt+0');
    await press('Control+Home');
    await type('// at once ');
    expect(await user.editorText('doorbell.ts')).toBe(`// at once ${script}`);
    await user.replaceText('doorbell.ts', script);
  });

  it('breaks the script, goes to the problem, and fixes it', async () => {
    await press('Alt+0');
    await press('Control+Home');
    await type('nonsense;');
    await press('Enter');
    await opened.page.getByRole('button', { name: /^[1-9]\d* errors?, / }).waitFor();
    await press('Alt+9');
    const problem = opened.page
      .getByRole('listbox', { name: 'Problems' })
      .getByRole('option', { name: /nonsense/ })
      .first();
    await problem.waitFor();
    await tabTo(opened.page.getByRole('listbox', { name: 'Problems' }));
    await press('Home');
    await press('Enter');
    const editor = await user.editor('doorbell.ts');
    await expect.poll(() => hasFocus(editor)).toBe(true);
    await user.replaceText('doorbell.ts', script);
    await opened.page.getByRole('button', { name: /^0 errors, / }).waitFor();
    expect(await user.editorText('doorbell.ts')).toBe(script);
  });

  it('cancels a long run', async () => {
    await user.replaceText('doorbell.ts', LONG);
    await press('F5');
    await opened.page.getByRole('progressbar', { name: 'running' }).waitFor();
    await press('Shift+F5');
    await user.says(/^Cancelled; /);
    expect(await user.editorText('doorbell.ts')).toBe(LONG);
  });

  it('finds a command in the palette', async () => {
    await press('Control+Shift+p');
    await type('dark');
    await press('Enter');
    await expect.poll(() => opened.page.evaluate(() => document.documentElement.dataset['theme'])).toBe('dark');
  });

  it('finds everything again after a reload', async () => {
    await opened.page.waitForTimeout(1500);
    await opened.page.reload();
    await user.editor('doorbell.ts');
    await press('Alt+0');
    expect(await user.editorText('doorbell.ts')).toBe(LONG);
    expect(await user.configurations()).toContain('npt/fast-mmio');
  });
});
