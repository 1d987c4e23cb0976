import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOT_RUN, SKIPPED } from './chromium.ts';
import { openWindow, picturesOfFailures, type OpenWindow } from './open-window.ts';
import { User } from './user.ts';

/** Each name that is asked about stands at the start of a line of its own. */
const SCRIPT = `scenario({
title: 'Hover',
setup(vm) {
vm.
ram({
gpa: 0,
size: '16 MiB' });
},
guest(cpu) { cpu.
write32(0, 1); } });
`;

describe.skipIf(NOT_RUN !== null)(`the mouse, or Ctrl+K Ctrl+I, on a name${SKIPPED}`, () => {
  let opened: OpenWindow;
  let user: User;

  beforeAll(async () => {
    opened = await openWindow();
    user = new User(opened.page);
    await user.openScenario(/^Virtio doorbell/);
    await user.replaceText('doorbell.ts', SCRIPT);
  }, 120_000);
  afterAll(() => opened?.close());
  picturesOfFailures(() => opened);

  it.each([
    [10, /write32.*linear, in bytes.*32 bits.*Source: Intel SDM vol\. 2, MOV/],
    [5, /ram.*Source: KVM_SET_USER_MEMORY_REGION .*kvm_main\.c/],
    [6, /gpa: Address.*Guest-physical address in bytes/],
    [7, /size: .*Bytes, or text with a unit/],
  ])('in line %i says what it is', async (line, said) => {
    const { page } = opened;
    await (await user.editor('doorbell.ts')).focus();
    await page.keyboard.press('ControlOrMeta+Home');
    for (let at = 1; at < line; at++) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Home');
    await page.keyboard.press('ControlOrMeta+k');
    await page.keyboard.press('ControlOrMeta+i');
    const hover = page.locator('.monaco-hover:visible .monaco-hover-content');
    await hover.filter({ hasText: new RegExp(said.source.split('.*')[0]!) }).waitFor();
    await expect.poll(async () => (await hover.innerText()).replaceAll(/\s+/g, ' ')).toMatch(said);
    await page.keyboard.press('Escape');
  });
});
