import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { NOT_RUN, SKIPPED } from './chromium.ts';
import { newContext, openWindow, picturesOfFailures, startBrowser, type OpenWindow } from './open-window.ts';
import { errorsOf } from './page-errors.ts';
import { Server } from './server.ts';
import { User } from './user.ts';

const guest = (body: string): string => `scenario({
  title: 'Hostile', question: 'Does the window go on?',
  setup(vm) { vm.ram({ gpa: 0, size: '16 MiB' }); return { bell: vm.doorbell({ name: 'kick', width: 4 }) }; },
  guest(cpu, { bell }) {
    ${body}
  },
});
`;

describe.skipIf(NOT_RUN !== null)(`hostile input at the window${SKIPPED}`, () => {
  let opened: OpenWindow | undefined;

  afterEach(async () => {
    await opened?.close();
    opened = undefined;
  });
  picturesOfFailures(() => opened);

  it('a wrong link and a used one open nothing, and say what to do', async () => {
    opened = await openWindow();
    const { browser, server, page } = opened;
    await page.getByRole('listbox', { name: 'Scenarios' }).waitFor();
    for (const link of [server.link, server.link.replace(/token=.*/, 'token=wrong'), server.origin]) {
      const context = await newContext(browser);
      const other = await context.newPage();
      await other.goto(link);
      const sentence = await other.getByRole('alert').innerText();
      expect(sentence).toContain('Open the address that the program printed');
      expect(await other.getByRole('listbox').count()).toBe(0);
      await context.close();
    }
    // The window that was opened first goes on.
    await new User(page).openScenario(/^Virtio doorbell/);
  });

  it('a page of another origin reads nothing, runs nothing and cannot frame the window', async () => {
    opened = await openWindow();
    const { context, server, page } = opened;
    await page.getByRole('listbox', { name: 'Scenarios' }).waitFor();
    const site = createServer((_, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(`<iframe src="${server.origin}/" title="frame"></iframe>`);
    });
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    try {
      const other = await context.newPage();
      await other.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
      const answers = await other.evaluate(async (origin) => {
        const attempt = async (path: string, init: RequestInit): Promise<string> => {
          try {
            const answer = await fetch(`${origin}${path}`, init);
            return `${answer.type} ${answer.status}`;
          } catch {
            return 'refused';
          }
        };
        const body = JSON.stringify({ method: 'describe', params: {} });
        return [
          await attempt('/call', { method: 'POST', body }),
          await attempt('/call', { method: 'POST', body, headers: { authorization: 'Bearer x' } }),
          await attempt('/events', {}),
          await attempt('/', {}),
        ];
      }, server.origin);
      expect(answers).toEqual(['refused', 'refused', 'refused', 'refused']);
      const framed = other.frames().find((frame) => frame !== other.mainFrame());
      expect(await framed!.evaluate(() => document.getElementById('workbench')).catch(() => null)).toBeNull();
    } finally {
      site.closeAllConnections();
      await new Promise((resolve) => site.close(resolve));
    }
  });

  it.each<[string, string, RegExp]>([
    ['no JSON', '{"schema": "exitl', /damaged|could not be read/],
    ['another version', '{"schema":"exitlab.workspace/99","state":{}}', /another version/],
    [
      'a layout of nonsense',
      '{"schema":"exitlab.workspace/1","state":{"schema":1,"layout":{"grid":7,"panels":{}}}}',
      /default/,
    ],
    [
      'a layout of panes that nobody knows',
      '{"schema":"exitlab.workspace/1","state":{"schema":1,"layout":{"grid":{"root":{"type":"leaf","data":{"views":["x"],"id":"1"}}},"panels":{"x":{"id":"x","contentComponent":"x"}}}}}',
      /default/,
    ],
  ])('a saved layout that is %s gives the default one, says so, and loses no draft', async (_what, saved, sentence) => {
    let server = await Server.start();
    const browser = await startBrowser();
    try {
      const first = await newContext(browser);
      const page = await first.newPage();
      await page.goto(server.link);
      const user = new User(page);
      await user.openScenario(/^Virtio doorbell/);
      const text = `// mine\n${await user.editorText('doorbell.ts')}`;
      await user.replaceText('doorbell.ts', text);
      await page.waitForTimeout(1500);
      await first.close();
      const root = await server.stop();
      const kept = join(server.data, 'workspace.json');
      expect(existsSync(kept), readdirSync(server.data).join(' ')).toBe(true);
      writeFileSync(kept, saved);
      server = await Server.start(root);
      const second = await newContext(browser);
      const again = await second.newPage();
      const errors = errorsOf(again);
      await again.goto(server.link);
      const user2 = new User(again);
      await user2.says(sentence);
      for (const pane of ['Gallery', 'Configurations', 'Results']) await user2.pane(pane).waitFor();
      expect(await user2.editorText('doorbell.ts')).toBe(text);
      expect(errors).toEqual([]);
    } finally {
      await browser.close();
      await server.close();
    }
  });

  it('a result file from the future gets one sentence, and nothing is lost', async () => {
    opened = await openWindow();
    const { page, server } = opened;
    const user = new User(page);
    await user.openScenario(/^Virtio doorbell/);
    await user.choose('Doorbell design', ['fast-mmio', 'pio']);
    await user.run();
    const before = await user.numbers('Cycles an access, by stage');
    const answer = async (path: string, button: string): Promise<void> => {
      const dialog = page.getByRole('alertdialog');
      const field = { name: 'Path' };
      await dialog.getByRole('combobox', field).or(dialog.getByRole('textbox', field)).fill(path);
      await dialog.getByRole('button', { name: button }).click();
    };
    await user.choosesFrom('Run', /^Export the results/);
    await answer('now.exitlab.json', 'OK');
    await user.says(/^Saved now\.exitlab\.json/);
    const now = readFileSync(join(server.folder, 'now.exitlab.json'), 'utf8');
    const later = now.replace('"exitlab.result/1"', '"exitlab.result/2"');
    expect(later).not.toBe(now);
    server.write('later.exitlab.json', later);
    const text = `// not in any file\n${await user.editorText('doorbell.ts')}`;
    await user.replaceText('doorbell.ts', text);
    for (const open of [
      async () => {
        await user.choosesFrom('Run', /^Open a result file/);
        await answer('later.exitlab.json', 'OK');
      },
      async () => {
        await user.choosesFrom('File', /^Open file/);
        await answer('later.exitlab.json', 'Open');
      },
    ]) {
      await user.choosesFrom('Help', /^About/);
      await user.says(/^Exitlab /);
      await open();
      const sentence =
        /written by a later version of Exitlab \(exitlab\.result\/2; this one reads exitlab\.result\/1\)/;
      await user.says(sentence);
      expect(await page.getByRole('contentinfo', { name: 'Status' }).getByText(sentence).count()).toBe(1);
      expect(await page.getByRole('alertdialog').count()).toBe(0);
      expect(await user.editorText('doorbell.ts')).toBe(text);
      expect(await user.numbers('Cycles an access, by stage')).toEqual(before);
      expect(await user.configurations()).toEqual(['fast-mmio', 'pio']);
      expect(await page.getByRole('textbox', { name: /^Script/ }).count()).toBe(1);
    }
    expect(readFileSync(join(server.folder, 'later.exitlab.json'), 'utf8')).toBe(later);
    // One of this version, which the same door lets in.
    await user.choosesFrom('File', /^Open file/);
    await answer('now.exitlab.json', 'Open');
    await expect.poll(() => page.getByRole('textbox', { name: /^Script/ }).count()).toBeGreaterThan(0);
    await expect.poll(() => page.getByRole('tab', { name: /^doorbell\.ts/ }).count()).toBe(2);
    expect(await user.numbers('Cycles an access, by stage')).toEqual(before);
    expect(opened.errors).toEqual([]);
  });

  it('last results from the future are put aside with a sentence, and the text and the configurations are back', async () => {
    let server = await Server.start();
    const browser = await startBrowser();
    try {
      const first = await newContext(browser);
      const page = await first.newPage();
      await page.goto(server.link);
      const user = new User(page);
      await user.openScenario(/^Virtio doorbell/);
      await user.choose('Doorbell design', ['fast-mmio', 'pio']);
      await user.run();
      const text = `// mine\n${await user.editorText('doorbell.ts')}`;
      await user.replaceText('doorbell.ts', text);
      await page.waitForTimeout(1500);
      await first.close();
      const root = await server.stop();
      const kept = join(server.data, 'last-run.json');
      const later = readFileSync(kept, 'utf8').replace('"exitlab.result/1"', '"exitlab.result/2"');
      writeFileSync(kept, later);
      server = await Server.start(root);
      const second = await newContext(browser);
      const again = await second.newPage();
      await again.goto(server.link);
      const user2 = new User(again);
      await user2.says(/last-run\.json could not be used: .*later version.*put aside/);
      expect(await user2.editorText('doorbell.ts')).toBe(text);
      expect(await user2.configurations()).toEqual(['fast-mmio', 'pio']);
      await user2.pane('Results').getByText('Nothing has run yet').waitFor();
      const aside = readdirSync(server.data).filter((name) => name.startsWith('last-run.json.unread-'));
      expect(aside.map((name) => readFileSync(join(server.data, name), 'utf8'))).toEqual([later]);
    } finally {
      await browser.close();
      await server.close();
    }
  });

  it.each<[string, string]>([
    ['loops for ever', 'for (;;) {}'],
    ['allocates without end', "const all = []; for (;;) all.push('x'.repeat(1_000_000) + all.length);"],
  ])('a script that %s leaves the window to the user, who types and cancels', async (_what, body) => {
    opened = await openWindow();
    const { page } = opened;
    const user = new User(page);
    await user.openScenario(/^Virtio doorbell/);
    await user.choose('Doorbell design', ['fast-mmio']);
    await user.replaceText('doorbell.ts', guest(body));
    await user.runButton.click();
    await (await user.editor('doorbell.ts')).focus();
    await page.keyboard.press('Control+Home');
    const started = Date.now();
    await page.keyboard.type('// typed while it ran', { delay: 20 });
    await page.getByRole('code').getByText('typed while it ran').waitFor();
    expect(Date.now() - started).toBeLessThan(5000);
    const cancel = page.getByRole('banner').getByRole('button', { name: 'Cancel' });
    if (await cancel.isVisible()) await cancel.click({ timeout: 3000 }).catch(() => {});
    await user.says(/^Cancelled|ran\. .+/);
    expect(await user.editorText('doorbell.ts')).toContain('// typed while it ran');
    // The lab goes on as well.
    await user.replaceText('doorbell.ts', guest('cpu.kick(bell, 1);'));
    await user.run();
  });

  it('paths outside of the folder are refused with a sentence', async () => {
    opened = await openWindow();
    const { page } = opened;
    const user = new User(page);
    await page.getByRole('listbox', { name: 'Scenarios' }).waitFor();
    for (const path of ['../../../etc/passwd', '/etc/passwd', '..%2f..%2fetc/passwd']) {
      await user.choosesFrom('File', /^Open file/);
      const dialog = page.getByRole('alertdialog');
      await dialog
        .getByRole('combobox', { name: 'Path' })
        .or(dialog.getByRole('textbox', { name: 'Path' }))
        .fill(path);
      await dialog.getByRole('button', { name: 'Open' }).click();
      await user.says(new RegExp(`^${path.replaceAll('.', '\\.')}: .*\\S`));
      expect(await page.getByRole('textbox', { name: /^Script/ }).count(), path).toBe(0);
    }
  });
});
