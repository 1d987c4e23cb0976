import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOT_RUN, SKIPPED } from './chromium.ts';
import { openWindow, picturesOfFailures, type OpenWindow } from './open-window.ts';
import { User } from './user.ts';

const QUEUES = 600;
/** Each queue's kick compares one entry of the bus more than the one before: so many paths. */
const PATHS = `scenario({
  title: 'Paths', question: 'Are all there?',
  setup(vm) {
    vm.ram({ gpa: 0, size: '16 MiB' });
    const page = 0xfe00_0000;
    for (let queue = 0; queue < ${QUEUES}; queue++) {
      vm.ioeventfd({ addr: page, length: 4, datamatch: queue, fd: 'queue ' + queue });
    }
    vm.map({ gva: page, gpa: page, size: '4 KiB' });
    return { page };
  },
  guest(cpu, { page }) {
    for (let queue = 0; queue < ${QUEUES}; queue++) cpu.write32(page, queue);
  },
});
`;

describe.skipIf(NOT_RUN !== null)(`tables of results${SKIPPED}`, () => {
  let opened: OpenWindow;
  let user: User;
  const grid = (name: string | RegExp) => opened.page.getByRole('grid', { name });

  beforeAll(async () => {
    opened = await openWindow();
    user = new User(opened.page);
    await user.openScenario(/^Virtio doorbell/);
    await user.choose('Paging: EPT, NPT, shadow', ['ept', 'npt']);
    await user.run();
  }, 120_000);
  afterAll(() => opened?.close());
  picturesOfFailures(() => opened);

  it('that are wider than their place show a scrollbar, and the names of the rows stay', async () => {
    const table = grid('Cycles an access, by stage');
    await table.waitFor();
    const scroller = table.locator('xpath=..');
    const seen = () =>
      scroller.evaluate((element: HTMLElement) => {
        const name = element.querySelector('tbody th')!.getBoundingClientRect();
        const number = element.querySelector('tbody td:last-child')!.getBoundingClientRect();
        const place = element.getBoundingClientRect();
        return {
          wider: element.scrollWidth > element.clientWidth,
          bar: element.offsetHeight - element.clientHeight,
          bottom: place.bottom,
          name: name.left - place.left,
          lastInside: number.right <= place.right,
        };
      });
    const before = await seen();
    expect(before).toMatchObject({ wider: true, lastInside: false });
    expect(before.bar).toBeGreaterThan(6);
    // The whole window is 900 pixels high, and the status bar stands at its foot.
    expect(before.bottom).toBeLessThan(875);
    await scroller.evaluate((element) => element.scrollTo({ left: 10_000 }));
    const after = await seen();
    expect(after.lastInside).toBe(true);
    expect(Math.abs(after.name - before.name)).toBeLessThan(1);
  });

  it('with many rows can be gone through to the last one, and say how many there are', async () => {
    await user.choose('Paging: EPT, NPT, shadow', ['ept']);
    await user.choose('Doorbell design', ['datamatch']);
    await user.replaceText('doorbell.ts', PATHS);
    await user.run();
    await opened.page
      .getByRole('tablist', { name: 'Charts of the results' })
      .getByRole('tab', { name: 'Paths' })
      .click();
    const table = grid(/^Paths of/);
    const rows = Number(await table.getAttribute('aria-rowcount')) - 1;
    expect(rows).toBeGreaterThanOrEqual(QUEUES);
    await user.pane('Results').getByText(`${rows} rows; the copy has them all.`).waitFor();
    // Only those in sight are drawn.
    expect(await table.getByRole('row').count()).toBeLessThan(120);
    await table.getByRole('columnheader').first().focus();
    await opened.page.keyboard.press('Control+End');
    const last = opened.page.locator(':focus');
    await expect
      .poll(() => last.evaluate((field) => field.closest('tr')?.getAttribute('aria-rowindex')))
      .toBe(`${rows + 1}`);
    await opened.page.keyboard.press('Home');
    await opened.page.keyboard.press('PageUp');
    await expect
      .poll(() => last.evaluate((field) => field.closest('tr')?.getAttribute('aria-rowindex')))
      .toBe(`${rows + 1 - 10}`);
    const inside = await last.evaluate((field) => {
      const place = field.closest('.data-table-scroll')!.getBoundingClientRect();
      const at = field.getBoundingClientRect();
      return at.top >= place.top && at.bottom <= place.bottom;
    });
    expect(inside).toBe(true);
  });

  it('are copied whole', async () => {
    await user.pane('Results').getByRole('button', { name: 'Copy as TSV' }).click();
    await user.says(/on the clipboard/);
    const copied = await user.clipboard();
    expect(copied.trimEnd().split('\n').length).toBe(Number(await grid(/^Paths of/).getAttribute('aria-rowcount')));
  });

  it('keep the widths of their columns while other rows are drawn', async () => {
    const widths = () =>
      grid(/^Paths of/)
        .locator('thead th')
        .evaluateAll((heads) => heads.map((head) => Math.round(head.getBoundingClientRect().width)));
    const scroller = grid(/^Paths of/).locator('xpath=..');
    const seen: number[][] = [];
    for (const top of [0, 3000, 9000, 0]) {
      await scroller.evaluate((element, to) => element.scrollTo({ top: to }), top);
      await opened.page.waitForTimeout(200);
      seen.push(await widths());
    }
    for (const one of seen) expect(one).toEqual(seen[0]);
  });

  it('of host work are there when a script had the host do something, with a chart', async () => {
    await user.openScenario(/^Memslot churn/);
    await user.choose('Paging: EPT, NPT, shadow', ['ept']);
    await user.choose('Doorbell design', ['fast-mmio', 'pio']);
    await user.run();
    const tabs = opened.page.getByRole('tablist', { name: 'Charts of the results' });
    await tabs.getByRole('tab', { name: 'Host work' }).click();
    await opened.page.getByRole('img', { name: /^Host work beside the vCPU, by stage/ }).waitFor();
    const all = await user.numbers('Host work beside the vCPU, by stage');
    // Ten slots made and deleted.
    expect([...all.values()].map((row) => row.get('times'))).toEqual([20, 20]);
    const works = grid('Host work by ioctl').getByRole('row').filter({ hasText: 'KVM_SET_USER_MEMORY_REGION' });
    expect(await works.count()).toBe(2);
    const [row] = all.values();
    expect(row!.get('all stages')).toBeGreaterThan(row!.get('low')!);
    expect(row!.get('all stages')).toBeLessThan(row!.get('high')!);
  });

  it('and charts of cycles have in sight whether their prices were read, derived or estimated', async () => {
    const tabs = opened.page.getByRole('tablist', { name: 'Charts of the results' });
    const said = /\b(read|derived|estimated)\b/;
    for (const tab of ['Cycles', 'Distribution', 'Paths', 'Profile', 'Phases', 'Host work']) {
      await tabs.getByRole('tab', { name: tab }).click();
      const panel = opened.page.getByRole('tabpanel', { name: tab, exact: true });
      for (const section of await panel.getByRole('region').all()) {
        expect(await section.locator('.prices').first().innerText(), tab).toMatch(said);
        expect(await section.getByRole('columnheader', { name: 'prices' }).count(), tab).toBe(1);
      }
      expect(await panel.getByRole('region').count(), tab).toBeGreaterThan(0);
    }
    await user.showPane('Compare');
    expect(
      await user
        .pane('Compare')
        .getByText(/^Prices: A /)
        .innerText(),
    ).toMatch(said);
    await user.showPane('Inspect');
    await user
      .pane('Inspect')
      .getByRole('textbox', { name: /^Access/ })
      .fill('1');
    await opened.page.keyboard.press('Enter');
    expect(
      await user
        .pane('Inspect')
        .getByText(/cycles \(.*prices/)
        .innerText(),
    ).toMatch(said);
  });

  it('of steps keep the step that is shown in sight, of the table and of the pane', async () => {
    const pane = user.pane('Inspect');
    await pane.getByRole('textbox', { name: /^Access/ }).fill('1');
    await opened.page.keyboard.press('Enter');
    const next = pane.getByRole('button', { name: 'Next step' });
    for (const step of [2, 3, 14, 40, 41]) {
      while (!(await pane.getByText(`step ${step} of`).isVisible())) await next.click();
      await expect
        .poll(() =>
          pane.locator('tr[aria-selected="true"]').evaluate((row) => {
            const at = row.getBoundingClientRect();
            const within = (place: Element): boolean => {
              const box = place.getBoundingClientRect();
              return at.top >= box.top - 1 && at.bottom <= box.bottom + 1;
            };
            const head = document.querySelector('.step-head')!.getBoundingClientRect();
            return (
              within(row.closest('.data-table-scroll')!) &&
              within(row.closest('.result-body')!) &&
              at.top >= head.bottom
            );
          }),
        )
        .toBe(true);
    }
  });

  it('met no error on the way', () => {
    expect(opened.errors).toEqual([]);
  });
});
