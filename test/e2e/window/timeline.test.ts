import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOT_RUN, SKIPPED } from './chromium.ts';
import { openWindow, picturesOfFailures, type OpenWindow } from './open-window.ts';
import { readNumber, User } from './user.ts';

/** More than one call brings: the values kicked with tell the accesses apart. */
const KICKS = 30_000;
const EVENTS = `scenario({
  title: 'Events', question: 'Which ones?',
  setup(vm) { vm.ram({ gpa: 0, size: '16 MiB' }); return { bell: vm.doorbell({ name: 'kick', width: 4 }) }; },
  guest(cpu, { bell }) {
    for (let n = 0; n < ${KICKS}; n++) cpu.kick(bell, n % 1009);
  },
});
`;

describe.skipIf(NOT_RUN !== null)(`the timeline of many events${SKIPPED}`, () => {
  let opened: OpenWindow;
  let user: User;
  let table: Locator;
  let total = 0;
  const fields = (row: Locator): Promise<string[]> => row.getByRole('gridcell').allInnerTexts();
  /** The row that a screen reader is told of; fails where there is none. */
  const activeRow = async (): Promise<Locator> => {
    const id = await table.getAttribute('aria-activedescendant');
    const row = opened.page.locator(`[id="${id}"]`);
    expect(await row.count(), `row ${id}`).toBe(1);
    expect(await row.getAttribute('aria-selected')).toBe('true');
    return row;
  };
  const isInSight = async (row: Locator): Promise<boolean> => {
    const [own, all] = [(await row.boundingBox())!, (await table.boundingBox())!];
    return own.y >= all.y && own.y + own.height <= all.y + all.height + 1;
  };
  /** Number of the event that a screen reader is told of, when its words are there. */
  const activeEvent = async (): Promise<number> => {
    await expect.poll(async () => (await fields(await activeRow())).at(-1)).not.toMatch(/…$/);
    return readNumber((await fields(await activeRow()))[0]!);
  };

  beforeAll(async () => {
    opened = await openWindow();
    user = new User(opened.page);
    await user.openScenario(/^Virtio doorbell/);
    await user.editor('doorbell.ts');
    await user.replaceText('doorbell.ts', EVENTS);
    await user.choose('Doorbell design', ['userspace']);
    await opened.page.getByRole('button', { name: /Events kept$/ }).click();
    await opened.page.getByRole('option', { name: /last 1 048 576/ }).click();
    await user.run();
    await user.showPane('Timeline');
    table = user.pane('Timeline').getByRole('grid', { name: 'Events' });
    await table.getByRole('row').nth(2).waitFor();
    await user
      .pane('Timeline')
      .getByText(/^reading, /)
      .waitFor({ state: 'hidden' });
    total = Number(await table.getAttribute('aria-rowcount')) - 1;
  }, 120_000);
  afterAll(() => opened?.close());
  picturesOfFailures(() => opened);

  it('has every event, of which few are drawn', async () => {
    expect(total).toBeGreaterThan(5 * KICKS);
    expect(await table.getByRole('row').count()).toBeLessThan(100);
    const lanes = user.pane('Timeline').getByRole('img', { name: /kvm_exit/ });
    const counts = (await lanes.getAttribute('aria-label'))!
      .split(', ')
      .map((lane) => readNumber(lane.split(': ')[1]!));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(total);
  });

  it('says what each event was once it is in sight, wherever that is', async () => {
    await table.evaluate((element) => element.scrollTo(0, element.scrollHeight / 2));
    const seen = table.getByRole('row').nth(30);
    await expect.poll(async () => (await fields(seen)).at(-1)).not.toMatch(/…$/);
    const number = readNumber((await fields(seen))[0]!);
    expect(Math.abs(number - total / 2)).toBeLessThan(100);
    expect(await seen.getAttribute('aria-rowindex')).toBe(`${number + 1}`);
  });

  it('keeps the active row for screen readers while it is out of sight', async () => {
    const row = await activeRow();
    expect(await activeEvent()).toBe(1);
    expect(await isInSight(row)).toBe(false);
    await table.focus();
    await opened.page.keyboard.press('ArrowDown');
    expect(await activeEvent()).toBe(2);
    expect(await isInSight(await activeRow())).toBe(true);
  });

  it('goes to the last event and back with the keys', async () => {
    await table.focus();
    await opened.page.keyboard.press('End');
    expect(await activeEvent()).toBe(total);
    expect(await (await activeRow()).getAttribute('aria-rowindex')).toBe(`${total + 1}`);
    expect(await isInSight(await activeRow())).toBe(true);
    await opened.page.keyboard.press('Home');
    expect(await activeEvent()).toBe(1);
  });

  it('copies what the chart shows, with its arguments', async () => {
    const pane = user.pane('Timeline');
    await pane.getByRole('group', { name: 'Timeline of events' }).focus();
    for (let n = 0; n < 14; n++) await opened.page.keyboard.press('+');
    await pane.getByRole('button', { name: 'Copy as TSV' }).click();
    await user.says(/on the clipboard/);
    const copied = await user.clipboard();
    const [heading, ...rows] = copied.trim().split(/\r?\n/);
    expect(heading).toContain('event and arguments');
    expect(rows.length).toBeGreaterThan(10);
    expect(rows.length).toBeLessThan(100);
    expect(copied).not.toContain('…');
    expect(copied).toMatch(/kvm_exit.*reason/);
  });

  it('met no error on the way', () => {
    expect(opened.errors).toEqual([]);
  });
});
