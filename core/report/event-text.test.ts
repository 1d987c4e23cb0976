import { describe, expect, it } from 'vitest';
import { EVENT } from '../events/kinds.ts';
import { EXIT_REASON } from '../spec/vm-exit.ts';
import { eventText } from './event-text.ts';

const event = (name: keyof typeof EVENT, args: number[]) => ({ kind: EVENT[name], name, args });

describe('an event as text', () => {
  it.each([
    [
      'joins the words of an address',
      event('kvm_fast_mmio', [0, 0, 1, 0xfee0_0000 | 0]),
      'kvm_fast_mmio gpa 0x1fee00000',
    ],
    ['in either order', event('handle_mmio_page_fault', [0xe0000, 1, 0, 0]), 'handle_mmio_page_fault gfn 0x1000e0000'],
    ['names a place', event('hw_nested_entry', [2, 4, 0, 0x107]), 'hw_nested_entry level 2, place DRAM, entry 0x107'],
    ['names a direction', event('kvm_mmio', [2, 4, 0, 0x1000]), 'kvm_mmio direction write, len 4, gpa 0x1000'],
    ['without arguments', event('kvm_entry', [0, 0, 0, 0]), 'kvm_entry'],
    [
      'names an exit',
      event('kvm_exit', [EXIT_REASON.EPT_MISCONFIG, 0, 0, 0x1000]),
      'kvm_exit reason EPT_MISCONFIG, qualification 0x0, gpa 0x1000',
    ],
  ])('%s', (_what, recorded, text) => expect(eventText(recorded, 'intel')).toBe(text));
});
