import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOT_RUN, SKIPPED } from './chromium.ts';
import { openWindow, picturesOfFailures, type OpenWindow } from './open-window.ts';
import { User } from './user.ts';

/** A guest that reads the doorbell back: FAST_MMIO takes the read for a kick. */
const READS = `scenario({
  title: 'Reads', question: 'What does a read come to?',
  setup(vm) { vm.ram({ gpa: 0, size: '16 MiB' }); return { bell: vm.doorbell({ name: 'kick', width: 4 }) }; },
  guest(cpu, { bell }) {
    cpu.kick(bell, 1);
    cpu.readBell(bell);
  },
});
`;

describe.skipIf(NOT_RUN !== null)(`problems of a script${SKIPPED}`, () => {
  let opened: OpenWindow;
  let user: User;
  const list = () => opened.page.getByRole('listbox', { name: 'Problems' });
  const warnings = () => opened.page.locator('.squiggly-warning');

  beforeAll(async () => {
    opened = await openWindow();
    user = new User(opened.page);
    await user.openScenario(/^Virtio doorbell/);
    await user.choose('Doorbell design', ['fast-mmio']);
    await user.replaceText('doorbell.ts', READS);
    await user.run();
  }, 120_000);
  afterAll(() => opened?.close());
  picturesOfFailures(() => opened);

  it('that a run met are listed and marked on their line', async () => {
    await user.showPane('Problems');
    await list()
      .getByRole('option', { name: /signalled eventfd kick/ })
      .waitFor();
    await expect.poll(() => warnings().count()).toBeGreaterThan(0);
  });

  it('go from the list, the status bar and the editor once the text is another one, and the pane says why', async () => {
    await user.replaceText('doorbell.ts', `// One line more.\n${READS.replace('    cpu.readBell(bell);\n', '')}`);
    await user.pane('Problems').getByText('The text was changed after its last run').waitFor();
    expect(
      await list()
        .getByRole('option', { name: /eventfd/ })
        .count(),
    ).toBe(0);
    await opened.page.getByRole('button', { name: '0 errors, 0 warnings' }).waitFor();
    await expect.poll(() => warnings().count()).toBe(0);
  });

  it('come back with the text that they are about', async () => {
    await user.replaceText('doorbell.ts', READS);
    await list()
      .getByRole('option', { name: /signalled eventfd kick/ })
      .waitFor();
    await warnings().first().waitFor();
    expect(await user.pane('Problems').getByText('The text was changed').count()).toBe(0);
  });

  it('that are the same on every configuration are one, with one way to the line', async () => {
    await user.choose('Doorbell design', ['fast-mmio', 'datamatch', 'pio', 'userspace']);
    await user.replaceText('doorbell.ts', READS.replace('cpu.kick(bell, 1);', "throw new Error('no more');"));
    await user.runButton.click();
    await user.says(/^0 of 4 configurations ran/);
    await expect.poll(() => list().getByRole('option').allInnerTexts()).toEqual([expect.stringMatching(/no more/)]);
    await user.showPane('Results');
    const note = user.pane('Results').getByRole('listitem');
    await note.getByText('all 4 configurations:').waitFor();
    expect(await note.count()).toBe(1);
    await note.getByRole('button', { name: 'line 5' }).click();
    await expect
      .poll(() => user.editor('doorbell.ts').then((field) => field.evaluate((e) => e === document.activeElement)))
      .toBe(true);
  });
});
