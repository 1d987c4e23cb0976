import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOT_RUN, SKIPPED } from './chromium.ts';
import { openWindow, picturesOfFailures, type OpenWindow } from './open-window.ts';
import { User } from './user.ts';

const STAGES = 'Cycles an access, by stage';
/** A guest that takes minutes and can be cancelled. */
const LONG = `scenario({
  title: 'Long', question: 'How long?',
  setup(vm) { vm.ram({ gpa: 0, size: '16 MiB' }); return { bell: vm.doorbell({ name: 'kick', width: 4 }) }; },
  guest(cpu, { bell }) {
    for (let n = 0; n < 1_000_000_000; n++) cpu.kick(bell, n % 7);
  },
});
`;

describe.skipIf(NOT_RUN !== null)(`a first-time user's path${SKIPPED}`, () => {
  let opened: OpenWindow;
  let user: User;
  let script = '';

  beforeAll(async () => {
    opened = await openWindow();
    user = new User(opened.page);
  }, 120_000);
  afterAll(() => opened?.close());
  picturesOfFailures(() => opened);

  it('opens Doorbell from the gallery', async () => {
    await user.openScenario(/^Virtio doorbell/);
    script = await user.editorText('doorbell.ts');
    expect(script).toContain("title: 'Virtio doorbell'");
    expect(await user.configurations()).toContain('fast-mmio');
  });

  it('runs it on three designs and reads the numbers of the chart from its table', async () => {
    await user.choose('Doorbell design', ['userspace', 'fast-mmio', 'pio']);
    expect(await user.configurations()).toEqual(['userspace', 'fast-mmio', 'pio']);
    await user.run();
    const numbers = await user.numbers(STAGES);
    const total = (name: string): number => numbers.get(name)!.get('all stages')!;
    // The figures that the scenario claims for its kicks: 1,260, 1,224 and 6,229 cycles.
    expect(total('fast-mmio')).toBeCloseTo(1260, -1);
    expect(total('pio')).toBeCloseTo(1224, -1);
    expect(total('userspace')).toBeCloseTo(6229, -2);
  });

  it('adds NPT and runs only what is new', async () => {
    await user.choose('Nested paging', ['ept', 'npt']);
    expect(await user.configurations()).toContain('npt/fast-mmio');
    await user.run();
    const list = opened.page.getByRole('grid', { name: 'Configurations' });
    await list.getByRole('row', { name: 'ept/fast-mmio' }).getByText('unchanged').waitFor();
    const numbers = await user.numbers(STAGES);
    // Zen 4 stores no next RIP at a nested page fault: the kick goes to the emulator.
    expect(numbers.get('npt/fast-mmio')!.get('all stages')).toBeCloseTo(2351, -1);
  });

  it('compares two of them', async () => {
    await user.showPane('Compare');
    const pane = user.pane('Compare');
    await pane.getByRole('combobox', { name: 'A', exact: true }).selectOption('ept/fast-mmio');
    await pane.getByRole('combobox', { name: 'B', exact: true }).selectOption('npt/fast-mmio');
    await pane.getByText(/^npt\/fast-mmio against .*: (worse|inconclusive)$/).waitFor();
    const changes = await user.numbers('npt/fast-mmio against ept/fast-mmio, cycles an access by stage');
    const total = changes.get('total')!.get('change')!;
    expect(total).toBeCloseTo(2351 - 1260, -1);
  });

  it('steps an access forward and back', async () => {
    await user.showPane('Inspect');
    const pane = user.pane('Inspect');
    const access = pane.getByRole('textbox', { name: /^Access/ });
    await access.fill('2');
    await access.press('Enter');
    const place = pane.getByText(/^step \d+ of \d+$/);
    await place.waitFor();
    expect(await place.innerText()).toMatch(/^step 1 of/);
    await pane.getByRole('button', { name: 'Next step' }).click();
    await pane.getByRole('button', { name: 'Next step' }).click();
    expect(await place.innerText()).toMatch(/^step 3 of/);
    await pane.getByRole('button', { name: 'Previous step' }).click();
    expect(await place.innerText()).toMatch(/^step 2 of/);
    await pane.getByRole('button', { name: 'Next access' }).click();
    await expectValue(access, '3');
    await pane.getByRole('button', { name: 'Previous access' }).click();
    await expectValue(access, '2');
  });

  it('breaks the script, sees the marker, and fixes it', async () => {
    await user.replaceText('doorbell.ts', script.replace('cpu.kick(bell, 1);', 'cpu.kik(bell, 1);'));
    const problems = opened.page.getByRole('button', { name: /^[1-9]\d* errors?, / });
    await problems.waitFor();
    await opened.page.locator('.squiggly-error').first().waitFor();
    await problems.click();
    const list = opened.page.getByRole('listbox', { name: 'Problems' });
    await list.getByRole('option', { name: /kik/ }).first().waitFor();
    await user.replaceText('doorbell.ts', script);
    await opened.page.getByRole('button', { name: /^0 errors, / }).waitFor();
    await expect.poll(() => opened.page.locator('.squiggly-error').count()).toBe(0);
  });

  it('cancels a long run', async () => {
    await user.replaceText('doorbell.ts', LONG);
    await user.runButton.click();
    await opened.page.getByRole('progressbar', { name: 'running' }).waitFor();
    await opened.page.getByRole('banner').getByRole('button', { name: 'Cancel' }).click();
    await user.says(/^Cancelled; /);
    await user.runButton.waitFor();
    await user.replaceText('doorbell.ts', script);
    await user.run();
    await user.showPane('Results');
    expect((await user.numbers(STAGES)).get('ept/pio')!.get('all stages')).toBeCloseTo(1224, -1);
  });

  it('finds everything again after a reload', async () => {
    await user.replaceText('doorbell.ts', `// My own note.\n${script}`);
    await user.showPane('Compare');
    await opened.page.waitForTimeout(1500);
    await opened.page.reload();
    expect(await user.editorText('doorbell.ts')).toBe(`// My own note.\n${script}`);
    expect(await user.configurations()).toContain('npt/fast-mmio');
    const compare = user.pane('Compare');
    await compare.getByText(/^npt\/fast-mmio against .*: (worse|inconclusive)$/).waitFor();
    await user.showPane('Results');
    expect((await user.numbers(STAGES)).get('ept/fast-mmio')!.get('all stages')).toBeCloseTo(1260, -1);
  });

  it('met no error on the way', () => {
    expect(opened.errors).toEqual([]);
  });
});

async function expectValue(field: { inputValue(): Promise<string> }, value: string): Promise<void> {
  await expect.poll(() => field.inputValue()).toBe(value);
}
