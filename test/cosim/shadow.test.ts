import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OP } from '../../core/guest/instruction.ts';
import type { Machine } from '../../core/machine/machine.ts';
import { auditKernel } from '../driver/kernel-audit.ts';
import { bootKernel, type KernelDriver, type KernelOptions, MIB } from '../driver/kernel-driver.ts';
import { kernelPrograms, runProgram } from '../driver/kernel-program.ts';
import { search, textOf } from '../driver/random-run.ts';

/**
 * The same program of a guest kernel (address spaces, demand paging, copy-on-write, munmap, mprotect, aging, reclaim) with EPT, NPT and the
 * shadow MMUs: the guest reads the same bytes, takes the same faults, and leaves the same memory and registers. What differs is the cost.
 */
const PEERS = [
  { mmu: 'npt', cpu: 'zen4', kernel: '7.0' },
  { mmu: 'shadow', cpu: 'haswell', kernel: '2.6.24' },
  { mmu: 'shadow', cpu: 'zen1', kernel: '2.6.24' },
  { mmu: 'shadow', cpu: 'haswell', kernel: '2.6.24', design: 'bypass-guest-pf' },
  { mmu: 'shadow', cpu: 'haswell', kernel: '2.6.26' },
  { mmu: 'shadow', cpu: 'zen1', kernel: '2.6.26' },
  { mmu: 'shadow', cpu: 'haswell', kernel: '3.14' },
  { mmu: 'shadow', cpu: 'zen4', kernel: '4.15' },
  { mmu: 'shadow', cpu: 'sapphire-rapids', kernel: '7.0' },
] as const;

const RAM = 16 * MIB;

interface Trace {
  /** What each access read and which fault it took: vector, error code, CR2. */
  readonly seen: string;
  readonly memory: string;
  readonly registers: string;
  readonly counted: string;
  readonly clock: number;
}

/** Faults that the guest's kernel served are in its own counters and compared with the reference, error code and CR2, one by one. */
function trace(options: KernelOptions, program: (kernel: KernelDriver) => readonly string[]): Trace {
  const kernel = bootKernel({ ...options, ram: RAM, mitigations: 'none' });
  const { d } = kernel;
  const seen: unknown[] = [];
  const insn = d.insn.bind(d);
  d.insn = (op, size, ...args) => {
    insn(op, size, ...args);
    const { fault } = d;
    seen.push(fault === null ? (op === OP.READ ? d.register(size) : 'done') : fault);
    return d;
  };
  expect(program(kernel)).toEqual([]);
  expect(auditKernel(kernel)).toEqual([]);
  d.expectNoDivergence();
  const { machine } = d.machine as unknown as { machine: Machine };
  const { guestView, registers } = machine.parts;
  const hash = createHash('sha256');
  const page = new Int32Array(1024);
  for (let gpa = 0; gpa < RAM; gpa += 4096) {
    page.fill(0);
    guestView.readGuest(0, gpa, 4096, page);
    hash.update(page);
  }
  return {
    seen: textOf(seen),
    memory: hash.digest('hex'),
    registers: [...registers.at].join(),
    counted: textOf(d.machine.vmstat()),
    clock: d.result().clock,
  };
}

/** All but the cost. */
const visible = ({ clock: _clock, ...rest }: Trace): Omit<Trace, 'clock'> => rest;

const MODES = [
  { mode: '2-level', release: '2.6.24' },
  { mode: 'pae', release: '3.14' },
  { mode: '4-level', release: '2.6.24' },
  { mode: '4-level', release: '6.18' },
] as const;

describe('one guest kernel under EPT, NPT and the shadow MMUs of 2.6.24, 2.6.26 and today', () => {
  it.each(MODES)('random programs: the same bytes, faults, memory and registers, $mode, Linux $release', (guest) => {
    fc.assert(
      fc.property(fc.constantFrom(...PEERS), kernelPrograms, (peer, steps) => {
        // Linux 6.18 clears accessed bits without a flush: whether they are set again is each processor's choice.
        const kept = guest.release === '6.18' ? steps.filter(({ k }) => k !== 'age') : steps;
        const run = (options: KernelOptions): Trace => trace({ ...guest, ...options }, (k) => runProgram(k, kept));
        expect(visible(run(peer))).toEqual(visible(run({ mmu: 'ept', cpu: 'haswell', kernel: '7.0' })));
      }),
      search(12),
    );
  });

  it('a storm of demand paging, fork and copy-on-write costs something else under each', () => {
    const storm = (k: KernelDriver): readonly string[] => {
      k.start(0);
      k.mmap(0, 0x1000_0000, 64 * 4096);
      for (let page = 0; page < 64; page++) k.d.write64(0x1000_0000 + page * 4096, page);
      k.os({ call: 'fork', pid: 0, child: 1 });
      k.os({ call: 'switchTo', pid: 1 });
      for (let page = 0; page < 64; page++) k.d.add32(0x1000_0000 + page * 4096, 1);
      k.d.insn(OP.READ, 8, 0x5000_0000);
      k.munmap(1, 0x1000_0000, 64 * 4096);
      k.d.insn(OP.READ, 8, 0x1000_0000);
      return [];
    };
    const of = (options: KernelOptions): Trace => trace({ release: '2.6.24', ...options }, storm);
    const ept = of({ mmu: 'ept', cpu: 'haswell', kernel: '7.0' });
    const clocks = PEERS.map((peer) => {
      const other = of(peer);
      expect(visible(other)).toEqual(visible(ept));
      return other.clock;
    });
    expect(ept.seen.match(/vector/g)).toHaveLength(2);
    expect(new Set([ept.clock, ...clocks]).size).toBe(PEERS.length + 1);
  });
});
