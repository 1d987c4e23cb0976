import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NOT_RUN, SKIPPED } from './chromium.ts';
import { newContext, startBrowser } from './open-window.ts';
import { Server } from './server.ts';
import { User } from './user.ts';

const LONG = `scenario({
  title: 'Long', question: 'How long?',
  setup(vm) { vm.ram({ gpa: 0, size: '16 MiB' }); return { bell: vm.doorbell({ name: 'kick', width: 4 }) }; },
  guest(cpu, { bell }) {
    for (let n = 0; n < 1_000_000_000; n++) cpu.kick(bell, n % 7);
  },
});
`;
const IS_BROWSER = process.env['EXITLAB_ELECTRON'] === undefined;

describe.skipIf(NOT_RUN !== null || !IS_BROWSER)(`work is kept${SKIPPED}`, () => {
  let server: Server;
  let browser: Browser;

  beforeEach(async () => {
    server = await Server.start();
    browser = await startBrowser();
  });
  afterEach(async () => {
    await browser.close();
    await server.close();
  });

  /** A window of a browser that was not here before. */
  async function open(): Promise<{ page: Page; user: User }> {
    const page = await (await newContext(browser)).newPage();
    await page.goto(server.link);
    await page.getByRole('listbox', { name: 'Scenarios' }).waitFor();
    return { page, user: new User(page) };
  }

  const restart = async (): Promise<void> => {
    const port = Number(new URL(server.origin).port);
    server = await Server.start(await server.kill(), port);
  };

  // A second on the clock: a machine that stops for longer breaks it once, a draft that comes too late breaks it each time.
  it(
    'text of the last second is all that a kill of page and lab can take, in the middle of typing',
    { retry: 2 },
    async () => {
      const { page, user } = await open();
      await user.openScenario(/^Virtio doorbell/);
      await (await user.editor('doorbell.ts')).focus();
      await page.keyboard.press('Control+Home');
      // A row of numbers, each with the moment it was typed; no pause is long enough for a draft after quiet.
      const typed: number[] = [];
      let stop = false;
      const typing = (async () => {
        await page.keyboard.type('//');
        while (!stop) {
          await page.keyboard.type(` ${typed.length}`);
          typed.push(performance.now());
          await page.waitForTimeout(40);
        }
      })().catch(() => {});
      // The first draft shows that the lab, which was only just started, is at work.
      await expect.poll(() => readdirSync(server.data), { timeout: 15_000 }).toContain('drafts');
      await new Promise((resolve) => setTimeout(resolve, 4000));
      await expect.poll(() => typed.length, { timeout: 60_000 }).toBeGreaterThan(10);
      const killed = performance.now();
      const root = await server.kill();
      stop = true;
      await browser.close();
      await typing;
      server = await Server.start(root);
      browser = await startBrowser();
      const again = await open();
      const text = await again.user.editorText('doorbell.ts');
      const found = Number(/^\/\/((?: \d+)*) (\d+)/.exec(text)![2]);
      // The last number may have been cut in its middle: the one before is whole. A machine with too much to do shows in the keys, too.
      const slowest = Math.max(...typed.slice(1).map((at, n) => at - typed[n]!));
      expect(killed - typed[Math.min(found, typed.length - 1)]!).toBeLessThan(1000 + 2 * slowest);
    },
  );

  it('a lab that is killed and started anew: the window says so, keeps what is typed, and goes on with the new link', async () => {
    const { page, user } = await open();
    await user.openScenario(/^Virtio doorbell/);
    const status = page.getByRole('contentinfo', { name: 'Status' });
    await restart();
    await status.getByText('No connection to the lab').waitFor();
    await user.says(/started anew.*Open the address that it printed/);
    const text = `// typed while it was away\n${await user.editorText('doorbell.ts')}`;
    await user.replaceText('doorbell.ts', text);
    // Leaving would lose it, as far as the lab knows: the browser asks.
    const asked = new Promise<string>((resolve) =>
      page.once('dialog', (dialog) => {
        resolve(dialog.type());
        void dialog.dismiss();
      }),
    );
    void page.close({ runBeforeUnload: true }).catch(() => {});
    expect(await asked).toBe('beforeunload');
    // The link of the new lab, pasted into this very window.
    await page.evaluate((link) => void (location.href = link), server.link);
    await status.getByText('The lab answers again.').waitFor();
    await status.getByText('No connection to the lab').waitFor({ state: 'detached' });
    expect(await user.editorText('doorbell.ts')).toBe(text);
    await user.choose('Doorbell design', ['fast-mmio']);
    await user.run();
  });

  it('what was typed while the lab was away is there in the next window of the browser', async () => {
    const { page, user } = await open();
    await user.openScenario(/^Virtio doorbell/);
    await restart();
    await page.getByRole('contentinfo', { name: 'Status' }).getByText('No connection to the lab').waitFor();
    const text = `// typed while it was away\n${await user.editorText('doorbell.ts')}`;
    await user.replaceText('doorbell.ts', text);
    await page.waitForTimeout(1000);
    const context = page.context();
    await page.close();
    const next = await context.newPage();
    await next.goto(server.link);
    await next.getByRole('listbox', { name: 'Scenarios' }).waitFor();
    expect(await new User(next).editorText('doorbell.ts')).toBe(text);
  });

  it('two windows that type into the same script: both texts are kept, and the second says so', async () => {
    const first = await open();
    const second = await first.page.context().newPage();
    await second.goto(server.origin);
    const user2 = new User(second);
    for (const [user, mine] of [
      [first.user, '// of the first\n'],
      [user2, '// of the second\n'],
    ] as const) {
      await user.openScenario(/^Virtio doorbell/);
      await user.replaceText('doorbell.ts', mine + (await user.editorText('doorbell.ts')));
      await user.page.waitForTimeout(1000);
    }
    await user2.says(/^doorbell\.ts has other unsaved text in another window/);
    await first.user.replaceText('doorbell.ts', '// of the first, later\n');
    await first.page.waitForTimeout(1000);
    const context = first.page.context();
    await first.page.close();
    await second.close();
    const page = await context.newPage();
    await page.goto(server.origin);
    await page
      .getByRole('tab', { name: /^doorbell\.ts/ })
      .nth(1)
      .waitFor();
    const texts: string[] = [];
    for (const tab of await page.getByRole('tab', { name: /^doorbell\.ts/ }).all()) {
      await tab.click();
      texts.push((await new User(page).editorText('doorbell.ts')).split('\n')[0]!);
    }
    expect(texts.sort()).toEqual(['// of the first, later', '// of the second']);
  });

  it('a run goes on over a reload, and its result arrives', async () => {
    const { page, user } = await open();
    await user.openScenario(/^Virtio doorbell/);
    await user.choose('Doorbell design', ['fast-mmio']);
    await user.replaceText('doorbell.ts', LONG);
    const before = await user.configurations();
    await user.runButton.click();
    await page.getByRole('progressbar', { name: 'running' }).waitFor();
    await page.reload();
    await page.getByRole('progressbar', { name: 'running' }).waitFor();
    await page.getByRole('banner').getByRole('button', { name: 'Cancel' }).click();
    await user.says(/^Cancelled; /);
    await user.replaceText('doorbell.ts', LONG.replace('1_000_000_000', '400_000'));
    await user.runButton.click();
    await page.getByRole('progressbar', { name: 'running' }).waitFor();
    await page.reload();
    await user.pane('Results').getByRole('grid', { name: 'Cycles an access, by stage' }).waitFor({ timeout: 60_000 });
    expect(await user.configurations()).toEqual(before);
  });

  it('an imported result is there after a reload, and an export asks before it overwrites', async () => {
    const { page, user } = await open();
    await user.openScenario(/^Virtio doorbell/);
    await user.choose('Doorbell design', ['fast-mmio']);
    await user.run();
    const before = await user.numbers('Cycles an access, by stage');
    const fill = async (path: string): Promise<void> => {
      const dialog = page.getByRole('alertdialog');
      const field = { name: 'Path' };
      await dialog.getByRole('combobox', field).or(dialog.getByRole('textbox', field)).fill(path);
      await dialog.getByRole('button', { name: 'OK' }).click();
    };
    await user.choosesFrom('Run', /^Export the results/);
    await fill('mine.exitlab.json');
    await user.says(/^Saved mine/);
    const kept = readFileSync(join(server.folder, 'mine.exitlab.json'), 'utf8');
    server.write('taken.exitlab.json', 'somebody’s');
    await user.choosesFrom('Run', /^Export the results/);
    await fill('taken.exitlab.json');
    await page.getByRole('alertdialog', { name: 'taken.exitlab.json exists' }).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect(readFileSync(join(server.folder, 'taken.exitlab.json'), 'utf8')).toBe('somebody’s');
    // Another run takes its place as the last one; then the file is opened.
    await user.choose('Doorbell design', ['pio']);
    await user.run();
    server.write('mine.exitlab.json', kept.replaceAll(/"runId":"run-[^"]*"/g, '"runId":"theirs"'));
    await user.choosesFrom('Run', /^Open a result file/);
    await fill('mine.exitlab.json');
    await expect.poll(() => user.numbers('Cycles an access, by stage'), { timeout: 15_000 }).toEqual(before);
    await page.waitForTimeout(1000);
    await page.reload();
    await expect.poll(() => user.numbers('Cycles an access, by stage'), { timeout: 15_000 }).toEqual(before);
  });

  it('eight windows of one browser work, though it opens six connections', async () => {
    const { page } = await open();
    const pages = [page];
    for (let n = 1; n < 8; n++) {
      const next = await page.context().newPage();
      await next.goto(server.origin);
      await next.getByRole('listbox', { name: 'Scenarios' }).waitFor();
      pages.push(next);
    }
    const last = new User(pages.at(-1)!);
    await last.openScenario(/^Virtio doorbell/);
    await last.choose('Doorbell design', ['fast-mmio']);
    await last.run();
    for (const each of pages) expect(await each.getByText('No connection to the lab').count()).toBe(0);
    // The window that reads the events for all goes; another one takes over.
    await page.close();
    await last.choose('Doorbell design', ['pio']);
    await last.run();
  });

  it('of several things that went wrong at once each sentence can be read', async () => {
    const { page, user } = await open();
    await user.openScenario(/^Virtio doorbell/);
    await page.waitForTimeout(1000);
    const root = await server.kill();
    writeFileSync(join(root, 'data/workspace.json'), '{');
    writeFileSync(join(root, 'data/last-run.json'), '{');
    server = await Server.start(root);
    const again = await open();
    await again.page.getByRole('button', { name: /messages?, 2 failures/ }).click();
    const list = again.page.getByRole('dialog').getByRole('list', { name: 'Messages' });
    for (const file of ['workspace.json', 'last-run.json']) {
      const sentence = list.getByText(
        new RegExp(`${file} could not be used: it is damaged; it was put aside as .*\\.$`),
      );
      await expect.poll(() => sentence.count(), { timeout: 15_000 }).toBe(1);
    }
  });
});
