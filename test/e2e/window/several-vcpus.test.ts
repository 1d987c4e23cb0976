import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOT_RUN, SKIPPED } from './chromium.ts';
import { openWindow, picturesOfFailures, type OpenWindow } from './open-window.ts';
import { readNumber, User } from './user.ts';

/** Largest of the second listing of seed 003. */
const SPINS = 'queued_spin_lock_slowpath';

describe.skipIf(NOT_RUN !== null)(`a run of several vCPUs${SKIPPED}`, () => {
  let opened: OpenWindow;
  let user: User;
  const panel = (name: string): Locator => opened.page.getByRole('tabpanel', { name, exact: true });
  const showResults = async (tab: string): Promise<void> => {
    await user.showPane('Results');
    await opened.page
      .getByRole('tablist', { name: 'Charts of the results' })
      .getByRole('tab', { name: tab, exact: true })
      .click();
  };

  beforeAll(async () => {
    opened = await openWindow();
    user = new User(opened.page);
    await user.openScenario(/^mmu_lock stress/);
    await user.choose('Paging: EPT, NPT, shadow', ['shadow']);
    await user.run();
  }, 120_000);
  afterAll(() => opened?.close());
  picturesOfFailures(() => opened);

  it('has a profile by kernel symbol of each configuration, labelled, with a chart', async () => {
    await showResults('Profile');
    await panel('Profile').getByLabel('Configuration').selectOption('7.0');
    await panel('Profile')
      .getByText('mmu_lock stress: Intel Sapphire Rapids, shadow, Linux 7.0, design userspace, all 16 vCPUs.')
      .waitFor();
    const all = await user.numbers('Cycles by kernel symbol: 7.0, all 16 vCPUs');
    const symbols = [...all.keys()];
    // docs/profiles.md has the same number, of `exitlab profile`.
    expect(symbols[0]).toBe(SPINS);
    expect(all.get(SPINS)!.get('share')).toBe(53.88);
    expect(symbols.indexOf('queued_write_lock_slowpath')).toBeLessThan(4);
    await panel('Profile')
      .getByRole('img', { name: /^Cycles by kernel symbol: 7\.0, all 16 vCPUs\. queued_spin_lock_slowpath 53\.88/ })
      .waitFor();
  });

  it('and of each vCPU', async () => {
    await panel('Profile').getByLabel('vCPU', { exact: true }).selectOption('vCPU 0');
    const one = await user.numbers('Cycles by kernel symbol: 7.0, vCPU 0');
    expect(one.get(SPINS)!.get('share')).toBe(52.29);
    await panel('Profile').getByRole('button', { name: 'Copy as TSV' }).click();
    await user.says(/on the clipboard/);
    const copied = await user.clipboard();
    expect(copied.trimEnd().split('\n').length).toBe(one.size + 1);
  });

  it('has the time of its vCPUs: what they did, what they waited for, when they were through', async () => {
    await showResults('vCPUs');
    const runs = await user.numbers('Time of all vCPUs together');
    expect(runs.get('7.0')!.get('of the time')).toBe(59);
    await panel('vCPUs').getByLabel('Configuration').selectOption('7.0');
    const vcpus = await user.numbers('vCPUs of 7.0');
    expect(vcpus.size).toBe(16);
    for (const [who, row] of vcpus) {
      const spent = row.get('own cycles')! + row.get('waited')! + row.get('without a program')!;
      expect(Math.abs(spent - row.get('ended at')!), who).toBeLessThanOrEqual(2);
    }
    const waits = panel('vCPUs').getByRole('grid', { name: 'Waits of 7.0' });
    const first = waits.getByRole('row').filter({ hasText: 'vCPU 0' }).filter({ hasText: SPINS });
    const [, , times, cycles] = await first.getByRole('gridcell').allInnerTexts();
    expect(readNumber(times!)).toBeGreaterThan(100);
    expect(readNumber(cycles!)).toBeLessThanOrEqual(vcpus.get('vCPU 0')!.get('waited')!);
  });

  it.each(['Cycles', 'Distribution', 'Paths', 'Exits', 'Statistics'])(
    'says under %s that its numbers are of all',
    async (tab) => {
      await showResults(tab);
      await expect
        .poll(() =>
          panel(tab)
            .getByText(/Of all vCPUs/)
            .count(),
        )
        .toBe(1);
    },
  );

  it('has accesses with numbers of vCPU 0 alone, and says so', async () => {
    await user.showPane('Inspect');
    await user.pane('Inspect').getByText('of 128, vCPU 0 alone').waitFor();
    await user.showPane('Timeline');
    await user
      .pane('Timeline')
      .getByText(/^Events of all vCPUs/)
      .waitFor();
    await user.showPane('Compare');
    await user
      .pane('Compare')
      .getByText(/^Of all vCPUs, without their waits/)
      .waitFor();
    expect((await user.numbers('Time of all vCPUs together')).size).toBe(2);
  });

  it('at other prices has re-priced cycles, and says what is still of its own run', async () => {
    await showResults('vCPUs');
    await panel('vCPUs').getByLabel('Configuration').selectOption('7.0');
    const own = await user.numbers('vCPUs of 7.0');
    await user.showPane('History');
    const history = user.pane('History');
    await history.getByRole('grid', { name: 'Stored runs' }).getByRole('checkbox').last().click({ force: true });
    await history.getByRole('combobox', { name: 'Re-price as' }).selectOption('skylake-sp');
    await history.getByRole('button', { name: 'Open', exact: true }).click();
    await showResults('vCPUs');
    await panel('vCPUs')
      .getByText(/Own cycles are at other prices than the run was made with/)
      .waitFor();
    await panel('vCPUs').getByLabel('Configuration').selectOption({ index: 1 });
    const other = await user.numbers(/^vCPUs of .*7\.0.*skylake-sp/);
    const [before, after] = [own.get('vCPU 0')!, other.get('vCPU 0')!];
    expect(after.get('own cycles')).not.toBe(before.get('own cycles'));
    expect(after.get('waited')).toBe(before.get('waited'));
    expect(after.get('ended at')).toBe(before.get('ended at'));
    await showResults('Profile');
    await panel('Profile')
      .getByText('mmu_lock stress: Intel Sapphire Rapids at the prices of Intel Skylake-SP, shadow')
      .waitFor();
  });

  it('met no error on the way', () => {
    expect(opened.errors).toEqual([]);
  });
});
