import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOT_RUN, SKIPPED } from './chromium.ts';
import { openWindow, picturesOfFailures, type OpenWindow } from './open-window.ts';
import { User } from './user.ts';

describe.skipIf(NOT_RUN !== null)(`what must be known of A and B${SKIPPED}`, () => {
  let opened: OpenWindow;
  let user: User;
  /** Places that show the two: what differs beside the configurations, and the panes of results. */
  const difference = () => opened.page.getByRole('region', { name: /^A and B/ });
  const panes = ['Compare', 'Divergences'] as const;
  const chooseB = async (name: string): Promise<void> => {
    await opened.page.getByRole('button', { name: `Compare ${name} as B` }).click();
  };

  beforeAll(async () => {
    opened = await openWindow();
    user = new User(opened.page);
    await user.openScenario(/^Virtio doorbell/);
    await user.choose('Nested paging', ['ept', 'npt']);
    await user.choose('Doorbell design', ['pio', 'fast-mmio']);
    await user.choose('VPID / ASID', ['on', 'off']);
  }, 120_000);
  afterAll(() => opened?.close());
  picturesOfFailures(() => opened);

  it('is said before anything ran, as far as it is known: how many things were chosen differently', async () => {
    const names = await user.configurations();
    const far = names.find((name) => /npt/.test(name) && /pio/.test(name) && /vpid|off/.test(name));
    expect(far, names.join(' ')).toBeDefined();
    await chooseB(far!);
    await difference()
      .getByText(/^More than one thing differs \(mmu, /)
      .waitFor();
    expect(await difference().getByText('never diverged').count()).toBe(0);
  });

  it('is said in every pane that shows the two, once they ran', async () => {
    await user.run();
    await difference()
      .getByText(/More than one thing differs/)
      .waitFor();
    for (const pane of panes) {
      await user.showPane(pane);
      const said = user.pane(pane).getByText(/More than one thing differs \(mmu, /);
      await expect.poll(() => said.count(), { message: pane }).toBe(1);
    }
  });

  it('is said where every access took the same path in both', async () => {
    const names = await user.configurations();
    const near = names.filter((name) => /ept/.test(name) && /pio/.test(name));
    expect(near, names.join(' ')).toHaveLength(2);
    await opened.page.getByRole('button', { name: `Compare ${near[0]} as A` }).click();
    await chooseB(near[1]!);
    await difference()
      .getByText(/^The two never diverged/)
      .waitFor();
    for (const pane of panes) {
      await user.showPane(pane);
      await user
        .pane(pane)
        .getByText(/The two never diverged/)
        .waitFor();
      expect(
        await user
          .pane(pane)
          .getByText(/More than one thing differs \(/)
          .count(),
      ).toBe(0);
    }
  });
});
