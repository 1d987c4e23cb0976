import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOT_RUN, SKIPPED } from './chromium.ts';
import { openWindow, picturesOfFailures, type OpenWindow } from './open-window.ts';
import { User } from './user.ts';

/** A run of vmexit.flat on an invented host, between the models of 2013 and 2017. */
const VMEXIT = 'cpuid 1210\nvmcall 1165\nmov_to_cr8 12\ninl_from_kernel 4020\noutl_to_kernel 2030\n';

describe.skipIf(NOT_RUN !== null)(`a result, from the verdict to the mailing list${SKIPPED}`, () => {
  let opened: OpenWindow;
  let user: User;
  const pane = (name: string) => user.pane(name);
  const stored = () => pane('History').getByRole('grid', { name: 'Stored runs' }).getByRole('row');
  const check = async (name: RegExp): Promise<void> => {
    await stored().filter({ hasText: name }).getByRole('checkbox').click({ force: true });
  };

  beforeAll(async () => {
    opened = await openWindow();
    user = new User(opened.page);
    await user.openScenario(/^Virtio doorbell/);
    await user.choose('Nested paging', ['ept']);
    await user.choose('Doorbell design', ['pio', 'fast-mmio']);
    await user.run();
  }, 120_000);
  afterAll(() => opened?.close());
  picturesOfFailures(() => opened);

  it('Compare tells the verdict, its interval, what it hangs on and where both are equal', async () => {
    await user.showPane('Compare');
    await pane('Compare')
      .getByText(/^(pio against fast-mmio|fast-mmio against pio): (better|worse|inconclusive)$/)
      .waitFor();
    await pane('Compare')
      .getByText(/95 % interval .* to .*; .* is cheaper in .* of the drawn price lists/)
      .waitFor();
    for (const table of [
      'Which prices the difference hangs on',
      'Prices at which both cost the same',
      'Paths that only one side took',
    ])
      expect((await user.numbers(table)).size, table).toBeGreaterThan(0);
  });

  it('the report is seen as it will be sent: as text, and as a page that runs nothing', async () => {
    await user.showPane('Report');
    const text = pane('Report').getByRole('region', { name: /^Preview: Plain text of 72 columns/ });
    await expect.poll(() => text.innerText()).toMatch(/95 %/);
    expect(Math.max(...(await text.innerText()).split('\n').map((line) => line.length))).toBeLessThanOrEqual(72);
    await pane('Report').getByRole('combobox', { name: 'Format' }).selectOption('html');
    const page = pane('Report').locator('iframe');
    expect(await page.getAttribute('sandbox')).toBe('');
    await pane('Report').frameLocator('iframe').getByRole('heading', { level: 1, name: 'Virtio doorbell' }).waitFor();
    const bar = pane('Report').frameLocator('iframe').locator('svg rect').first();
    expect(await bar.evaluate((rect) => getComputedStyle(rect).fill)).not.toBe('rgb(0, 0, 0)');
    await pane('Report').getByRole('combobox', { name: 'Format' }).selectOption('pdf');
    await pane('Report').getByText('is no text. Save it to a file.').waitFor();
  });

  it('one key puts the mailing-list text on the clipboard', async () => {
    await opened.page.keyboard.press('Control+Alt+c');
    await user.says(/The mailing-list text is on the clipboard/);
    expect(await user.clipboard()).toMatch(/^Virtio doorbell[^]*exitlab compare /);
  });

  it('a report is saved as a file', async () => {
    await pane('Report').getByRole('combobox', { name: 'Format' }).selectOption('csv');
    await pane('Report').getByRole('button', { name: 'Save as…' }).click();
    await opened.page.getByRole('alertdialog').getByRole('combobox').fill('bell.csv');
    await opened.page.keyboard.press('Enter');
    await user.says(/Saved .*bell\.csv/);
    const rows = readFileSync(join(opened.server.folder, 'bell.csv'), 'utf8').split('\n');
    expect(rows[0]).toContain('configuration');
    expect(rows.length).toBeGreaterThan(50);
  });

  it('the run is in the history: found by a word, tagged, noted', async () => {
    await user.choose('Doorbell design', ['pio', 'userspace']);
    await user.run();
    await user.showPane('History');
    await expect.poll(() => stored().count()).toBe(2);
    await pane('History').getByRole('searchbox', { name: 'Search stored runs' }).fill('fast-mmio');
    await expect.poll(() => stored().count()).toBe(1);
    await check(/1: Virtio doorbell/);
    await pane('History').getByRole('button', { name: 'Tags…' }).click();
    await opened.page.getByRole('alertdialog').getByRole('combobox').fill('rfc-v2 draft');
    await opened.page.keyboard.press('Enter');
    await stored().getByText('rfc-v2', { exact: true }).waitFor();
    await pane('History').getByRole('button', { name: 'Note…' }).click();
    await opened.page.getByRole('alertdialog').getByRole('combobox').fill('for the list');
    await opened.page.keyboard.press('Enter');
    await stored().getByText('for the list').waitFor();
    await pane('History').getByRole('combobox', { name: 'Tag' }).selectOption('draft');
    await expect.poll(() => stored().count()).toBe(1);
    await pane('History').getByRole('combobox', { name: 'Tag' }).selectOption('');
    await pane('History').getByRole('searchbox').fill('');
    await expect.poll(() => stored().count()).toBe(2);
  });

  it('any two stored runs are compared', async () => {
    await check(/2: Virtio doorbell/);
    await pane('History').getByRole('button', { name: 'Compare two' }).click();
    await pane('Compare').waitFor();
    await pane('Compare')
      .getByText(/^2: (pio|userspace) against 1: (pio|fast-mmio): /)
      .waitFor();
    const chosen = pane('Compare').getByRole('combobox', { name: 'A', exact: true }).getByRole('option');
    expect((await chosen.allInnerTexts()).map((name) => name.slice(0, 2))).toEqual(['1:', '1:', '2:', '2:']);
  });

  it('a stored run is priced as another CPU', async () => {
    await user.showPane('History');
    await check(/2: Virtio doorbell/);
    await pane('History').getByRole('combobox', { name: 'Re-price as' }).selectOption('sapphire-rapids');
    await pane('History').getByRole('button', { name: 'Open', exact: true }).click();
    const costs = await user.numbers('Cycles an access, by stage');
    expect([...costs.keys()].join(' ')).toMatch(/fast-mmio @ sapphire-rapids/);
  });

  it('a run is deleted and taken back', async () => {
    await user.showPane('History');
    await pane('History').getByRole('button', { name: 'Delete' }).click();
    await expect.poll(() => stored().count()).toBe(1);
    await pane('History').getByRole('button', { name: 'Undo: take back 1 run' }).click();
    await expect.poll(() => stored().count()).toBe(2);
  });

  it('a host is calibrated from pasted text and chosen as a CPU; its predictions say what they are', async () => {
    const { page } = opened;
    const dialog = page.getByRole('dialog', { name: 'Calibrate to a host' });
    await user.choosesFrom('Run', 'Calibrate to a host…');
    await dialog.getByRole('textbox', { name: 'Measured rows' }).fill('cpuid 1210\nvmcall -4\n');
    await dialog.getByRole('button', { name: 'Fit' }).click();
    await dialog.getByText(/^line 2: vmcall cannot take -4 cycles/).waitFor();
    await dialog.getByRole('textbox', { name: 'Measured rows' }).fill(VMEXIT);
    await dialog.getByRole('button', { name: 'Fit' }).click();
    await dialog.getByRole('grid', { name: 'Rows: measured, fitted, left out' }).waitFor();
    await dialog.getByText(/The worst prediction of a row that was left out is off by/).waitFor();
    await dialog.getByText(/These rows cannot tell apart/).waitFor();
    await dialog.getByText(/line 3: /).waitFor();
    await dialog.getByRole('button', { name: 'Keep as a CPU' }).click();
    await user.says(/my-host is kept/);
    await page
      .getByRole('tab', { name: /^doorbell\.ts/ })
      .first()
      .click();
    await user.choose('CPU', ['skylake-sp', 'skylake-sp@my-host']);
    await user.run();
    await user.showPane('Results');
    await pane('Results')
      .getByText(/is priced as my-host .*; (inter|extra)polated: the rows measured there took away/)
      .first()
      .waitFor();
    expect(opened.errors).toEqual([]);
  });
});
