// Pictures of the window's main states, light and dark, into docs/screenshots: node scripts/screenshots.ts
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openWindow } from '../test/e2e/window/open-window.ts';
import { User } from '../test/e2e/window/user.ts';

const FOLDER = process.argv[2] ?? fileURLToPath(new URL('../docs/screenshots', import.meta.url));

mkdirSync(FOLDER, { recursive: true });
for (const theme of ['light', 'dark'] as const) {
  const opened = await openWindow({ theme, width: 1440, height: 900 });
  const { page } = opened;
  const user = new User(page);
  const picture = async (state: string): Promise<void> => {
    // What was pressed last keeps no tooltip and no ring in the picture.
    await page.mouse.move(720, 20);
    await page.waitForTimeout(600);
    await page.screenshot({ path: `${FOLDER}/${state}-${theme}.png` });
  };
  /** The pane alone, as large as the window. */
  const large = async (state: string): Promise<void> => {
    await page.keyboard.press('Alt+m');
    await picture(state);
    await page.keyboard.press('Alt+m');
  };
  try {
    await page.getByRole('heading', { name: 'What does a guest access cost?' }).waitFor();
    await picture('welcome');

    await user.openScenario(/^Virtio doorbell/);
    await user.editor('doorbell.ts');
    await user.choose('Paging: EPT, NPT, shadow', ['ept', 'npt']);
    await user.choose('Doorbell design', ['userspace', 'datamatch', 'fast-mmio', 'pio', 'rfc-violation']);
    await user.run();
    await user.numbers('Cycles an access, by stage');
    // A check that was late leaves its error in sight: no picture of that.
    await page.getByRole('button', { name: /^0 errors, / }).waitFor();
    await picture('results');

    await user.showPane('Compare');
    const compare = user.pane('Compare');
    await compare.getByRole('combobox', { name: 'A', exact: true }).selectOption('ept/fast-mmio');
    await compare.getByRole('combobox', { name: 'B', exact: true }).selectOption('ept/datamatch');
    await compare
      .getByText(/against .*: (better|worse|inconclusive|no difference)/)
      .first()
      .waitFor();
    await large('compare');

    await user.showPane('Inspect');
    const inspect = user.pane('Inspect');
    await inspect.getByRole('textbox', { name: /^Access/ }).fill('1');
    await page.keyboard.press('Enter');
    await inspect.getByText(/^step 1 of/).waitFor();
    for (let n = 0; n < 4; n++) await inspect.getByRole('button', { name: 'Next step' }).click();
    await large('inspect');

    await user.showPane('Timeline');
    await user.pane('Timeline').getByRole('grid', { name: 'Events' }).getByRole('row').nth(2).waitFor();
    await large('timeline');

    await user.showPane('Report');
    await user.pane('Report').getByRole('region').waitFor();
    await large('report');

    await user.openScenario(/^Demand paging storm/);
    await user.editor('demand-paging.ts');
    await user.run();
    await user.showPane('Results');
    await user.numbers('Cycles an access, by stage');
    await picture('shadow-paging');
    await user.showPane('Compare');
    await compare
      .getByText(/against .*: (better|worse|inconclusive|no difference)/)
      .first()
      .waitFor();
    await large('shadow-compare');

    await user.showPane('History');
    await user.pane('History').getByRole('row').nth(1).waitFor();
    await large('history');
    await page.getByRole('tab', { name: /^doorbell\.ts/ }).click();

    await user.replaceText('doorbell.ts', "scenario({ setup() {}, guest(cpu) { cpu.kik('bell'); } });\n");
    await page.getByRole('button', { name: /^[1-9]\d* errors?, / }).click();
    await page.getByRole('listbox', { name: 'Problems' }).getByRole('option').first().waitFor();
    await picture('problems');
  } finally {
    await opened.close();
  }
}
