import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOT_RUN, SKIPPED } from './chromium.ts';
import { openWindow, picturesOfFailures, type OpenWindow } from './open-window.ts';
import { User } from './user.ts';

/** WCAG 2.2 AA: each version has the rules of those before it under their own tags. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa'];

const PANES = [
  'Gallery',
  'Files',
  'Question',
  'Configurations',
  'Compare',
  'Inspect',
  'Timeline',
  'Divergences',
  'Report',
  'History',
  'Problems',
];
const CHARTS = ['Cycles', 'Exits', 'Distribution', 'Paths', 'Profile'];

describe.skipIf(NOT_RUN !== null).each(['light', 'dark'] as const)(`axe, %s${SKIPPED}`, (theme) => {
  let opened: OpenWindow;
  let user: User;

  beforeAll(async () => {
    opened = await openWindow({ theme, width: 1600, height: 1000 });
    user = new User(opened.page);
    await opened.page.getByRole('heading', { name: 'What does a guest access cost?' }).waitFor();
  });
  afterAll(() => opened?.close());
  picturesOfFailures(() => opened);

  it('a first start has no violation', async () => {
    expect(await violations(opened.page)).toEqual([]);
  });

  it('an open script and its results have none', async () => {
    await user.openScenario(/^Virtio doorbell/);
    await user.editor('doorbell.ts');
    await user.choose('Doorbell design', ['userspace', 'fast-mmio', 'rfc-violation']);
    await user.run();
    await user.numbers('Cycles an access, by stage');
    expect(await violations(opened.page)).toEqual([]);
  });

  it.each(CHARTS)('results: %s', async (chart) => {
    await user.showPane('Results');
    await opened.page.getByRole('tablist', { name: 'Charts of the results' }).getByRole('tab', { name: chart }).click();
    await opened.page.getByRole('tabpanel', { name: chart, exact: true }).getByRole('grid').first().waitFor();
    expect(await violations(opened.page)).toEqual([]);
  });

  it('results of a script with phases and host work', async () => {
    await user.openScenario(/^Memslot churn/);
    await user.run();
    for (const chart of ['Phases', 'Host work']) {
      await opened.page
        .getByRole('tablist', { name: 'Charts of the results' })
        .getByRole('tab', { name: chart })
        .click();
      await opened.page.getByRole('tabpanel', { name: chart, exact: true }).getByRole('grid').first().waitFor();
      expect(await violations(opened.page), chart).toEqual([]);
    }
    await opened.page.getByRole('tab', { name: /^doorbell\.ts/ }).click();
  });

  it('results of several vCPUs', async () => {
    await user.openScenario(/^IPI ping-pong/);
    await user.run();
    for (const chart of ['Profile', 'vCPUs']) {
      await opened.page
        .getByRole('tablist', { name: 'Charts of the results' })
        .getByRole('tab', { name: chart })
        .click();
      await opened.page.getByRole('tabpanel', { name: chart, exact: true }).getByRole('grid').first().waitFor();
      expect(await violations(opened.page), chart).toEqual([]);
    }
    await opened.page.getByRole('tab', { name: /^doorbell\.ts/ }).click();
  });

  it.each(PANES)('pane %s', async (pane) => {
    await user.showPane(pane);
    await user.pane(pane).waitFor();
    if (pane === 'Inspect') {
      const access = user.pane(pane).getByRole('textbox', { name: /^Access/ });
      await access.fill('2');
      await access.press('Enter');
      await user
        .pane(pane)
        .getByText(/^step 1 of/)
        .waitFor();
    }
    if (pane === 'Report') await user.pane(pane).getByRole('region').waitFor();
    if (pane === 'History') await user.pane(pane).getByRole('row').first().waitFor();
    if (pane === 'Timeline')
      await user.pane(pane).getByRole('grid', { name: 'Events' }).getByRole('row').nth(2).waitFor();
    expect(await violations(opened.page)).toEqual([]);
  });

  it('mistakes in a script', async () => {
    await user.replaceText('doorbell.ts', 'scenario({ title: 1 });\n');
    await opened.page.getByRole('button', { name: /^[1-9]\d* errors?, / }).click();
    await opened.page.getByRole('listbox', { name: 'Problems' }).getByRole('option').first().waitFor();
    expect(await violations(opened.page)).toEqual([]);
  });

  it('calibration, before and after the fit', async () => {
    const { page } = opened;
    await user.choosesFrom('Run', 'Calibrate to a host…');
    const dialog = page.getByRole('dialog', { name: 'Calibrate to a host' });
    await dialog.getByRole('textbox', { name: 'Measured rows' }).fill('cpuid 1210\nvmcall 1165\n');
    expect(await violations(page), 'empty').toEqual([]);
    await dialog.getByRole('button', { name: 'Fit' }).click();
    await dialog.getByRole('grid').first().waitFor();
    expect(await violations(page), 'fitted').toEqual([]);
    await dialog.getByRole('button', { name: 'Keep as a CPU' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await user.choosesFrom('Run', 'Calibrate to a host…');
    await dialog.getByRole('button', { name: 'Forget my-host' }).waitFor();
    expect(await violations(page), 'kept hosts').toEqual([]);
    await dialog.getByRole('button', { name: 'Close' }).click();
  });

  it('menus, lists, dialogs and the palette', async () => {
    const { page } = opened;
    await page.getByRole('toolbar', { name: 'Menu' }).getByRole('button', { name: 'View' }).click();
    await page.getByRole('menu').waitFor();
    expect(await violations(page), 'menu').toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /CPU$/ }).click();
    await page.getByRole('listbox', { name: 'CPU' }).waitFor();
    expect(await violations(page), 'list of CPUs').toEqual([]);
    await page.keyboard.press('Escape');
    await page.keyboard.press('F1');
    await page.getByRole('dialog', { name: 'Commands' }).waitFor();
    expect(await violations(page), 'palette').toEqual([]);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+Shift+s');
    await page.getByRole('alertdialog').waitFor();
    expect(await violations(page), 'save as').toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Actions for fast-mmio' }).click();
    await page.getByRole('menuitem', { name: 'Edit…' }).click();
    await page.getByRole('dialog').waitFor();
    expect(await violations(page), 'editor of a configuration').toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^Switches of the silicon/ }).click();
    expect(await violations(page), 'switches').toEqual([]);
  });
});

describe.skipIf(NOT_RUN !== null).each(['light', 'dark'] as const)(`axe at twice the size, %s${SKIPPED}`, (theme) => {
  let opened: OpenWindow;
  let user: User;

  beforeAll(async () => {
    opened = await openWindow({ theme, width: 1440, height: 900 });
    user = new User(opened.page);
    await opened.page.getByRole('heading', { name: 'What does a guest access cost?' }).waitFor();
    const zoomed = opened.page.getByText('Zoom 200 %');
    for (let n = 0; n < 20 && !(await zoomed.isVisible()); n++) await opened.page.keyboard.press('Control+=');
    await zoomed.waitFor();
  }, 120_000);
  afterAll(() => opened?.close());
  picturesOfFailures(() => opened);

  /** By the palette: at this size not every tab is in sight. */
  async function show(pane: string): Promise<void> {
    const { page } = opened;
    const commands = page.getByRole('dialog', { name: 'Commands' });
    await page.keyboard.press('F1');
    await commands.waitFor();
    await page.keyboard.type(pane === 'doorbell.ts' ? 'Go to the editor' : `Show ${pane}`);
    await page.keyboard.press('Enter');
    await commands.waitFor({ state: 'hidden' });
    await page.getByRole('tab', { name: pane === 'doorbell.ts' ? /^doorbell\.ts/ : pane, selected: true }).waitFor();
  }

  it.each(['Welcome', 'Results', ...PANES])('pane %s of a first start, in a small window', async (pane) => {
    await opened.page.setViewportSize({ width: 1000, height: 560 });
    await show(pane);
    expect(await violations(opened.page)).toEqual([]);
  });

  it.each(['doorbell.ts', 'Results', ...PANES])('pane %s with results', async (pane) => {
    if (pane === 'doorbell.ts') {
      await opened.page.setViewportSize({ width: 1440, height: 900 });
      await show('Gallery');
      await user.openScenario(/^Virtio doorbell/);
      await user.editor('doorbell.ts');
      await user.run();
    }
    await show(pane);
    expect(await violations(opened.page)).toEqual([]);
  });
});

/** What axe finds, each with the places it finds it at. */
async function violations(page: Page): Promise<unknown[]> {
  const found = await new AxeBuilder({ page })
    // One page without frames: no second page to put results together in, and of what passes the rule is enough.
    .setLegacyMode()
    .options({ resultTypes: ['violations'] })
    .withTags(RULES)
    .analyze();
  // An empty page has no violations either.
  expect(found.passes.length).toBeGreaterThan(10);
  return found.violations.map(({ id, help, nodes }) => ({
    id,
    help,
    at: nodes.slice(0, 4).map(({ target, any }) => `${target.join(' ')}: ${any[0]?.message ?? ''}`),
  }));
}
