import { describe, expect, it } from 'vitest';
import type { HostOp, OtherAccess, SetupOp } from '../guest/setup.ts';
import { drive, type MachineBuilder, type MachineDriver } from '../../test/driver/machine-driver.ts';

const MIB = 0x10_0000;
/** Pages of RAM: A is faulted in by vCPU 0 in the window, B and C are others. */
const A = 0x1000;
const B = 0x2000;
const C = 0x9_0000;

const write = (address: number, value: number, width = 8): OtherAccess => ({
  op: 'write',
  address: BigInt(address),
  value: BigInt(value),
  width,
});
const read = (address: number): OtherAccess => ({ op: 'read', address: BigInt(address), value: 0n, width: 8 });

const whileIn = (accesses: readonly OtherAccess[], { nth = 1, vcpu = 1, window = 'kvm_faultin_pfn' } = {}): HostOp => ({
  kind: 'while-in',
  window,
  nth,
  vcpu,
  accesses,
});

const VCPUS: SetupOp = { kind: 'vcpus', count: 2 };

describe.each(['ept', 'npt'] as const)('a second vCPU in a window of the first, on %s', (mmu) => {
  const machine = (): MachineBuilder => drive({ mmu, kernel: '7.0' }).ram(0, MIB).op(VCPUS);

  it('stores there and then where it needs nothing of KVM: vCPU 0 sees it afterwards', () => {
    machine()
      .run((d) => {
        d.write64(B, 1);
        d.host(whileIn([write(B, 2), read(B), write(B + 8, 3)]));
        expect(d.during(() => d.read64(A)).exits).toEqual(d.during(() => d.read64(C)).exits);
        expect(d.read64(B)).toBe(2n);
        expect(d.read64(B + 8)).toBe(3n);
        expect(d.result().notes.map(({ what }) => what)).toEqual([
          'vCPU 1: 3 accesses while vCPU 0 is in kvm_faultin_pfn',
        ]);
      })
      .expectNoDivergence();
  });

  it('does not disturb the path that vCPU 0 is on', () => {
    const steps = (others: readonly OtherAccess[]): MachineDriver =>
      machine().run((d) => {
        d.write64(B, 1);
        if (others.length > 0) d.host(whileIn(others));
        d.write64(A, 5);
        d.read64(A);
      });
    const alone = steps([]).result();
    const raced = steps([write(B, 2), read(B)]).result();
    expect(raced.paths).toEqual(alone.paths);
    expect(raced.clock).toBe(alone.clock);
    expect(raced.accesses).toBe(alone.accesses);
  });

  it('waits, with what it does afterwards, where it needs KVM, and is served when vCPU 0 is through', () => {
    machine()
      .run((d) => {
        d.write64(B, 1);
        // The first store needs a page that nobody has touched: vCPU 0 is in KVM, so it waits, and vCPU 0's own store comes first.
        d.host(whileIn([write(C, 7), write(A, 8), write(B, 9)]));
        const did = d.during(() => d.write64(A, 5));
        expect(Object.values(did.exits)).toEqual([2]);
        expect([A, B, C].map((at) => d.read64(at))).toEqual([8n, 9n, 7n]);
      })
      .expectNoDivergence();
  });

  it('acts at the n-th time only, once', () => {
    machine()
      .run((d) => {
        d.write64(B, 0);
        d.host(whileIn([write(B, 1)], { nth: 3 }));
        const seen = [0x1_0000, 0x2_0000, 0x3_0000, 0x4_0000].map((at) => {
          d.read64(at);
          return d.read64(B);
        });
        expect(seen).toEqual([0n, 0n, 1n, 1n]);
        d.write64(B, 0);
        d.read64(0x5_0000);
        expect(d.read64(B)).toBe(0n);
      })
      .expectNoDivergence();
  });

  it('tells what never came about, and what cannot', () => {
    const d = machine().run((m) => {
      m.write64(B, 0);
      expect(m.host(whileIn([], { vcpu: 2 }))).toBe(22);
      expect(m.host(whileIn([], { window: 'nowhere' }))).toBe(22);
      m.host(whileIn([write(B, 1)], { nth: 5 }));
    });
    expect(d.result().notes.map(({ what }) => what)).toEqual([
      'no vCPU 2 to act in kvm_faultin_pfn (vm.vcpus says how many there are): EINVAL',
      'no vCPU 1 to act in nowhere (vm.vcpus says how many there are): EINVAL',
      'vCPU 1 did nothing: kvm_faultin_pfn was passed 0 times, not 5',
    ]);
  });

  it('a fault of its own is given up, and judged', () => {
    machine()
      .run((d) => {
        d.write64(B, 0);
        d.host(whileIn([write(2 * MIB, 1), write(B, 1)]));
        d.read64(A);
        expect(d.fault).toBeNull();
        expect(d.read64(B)).toBe(1n);
        expect(d.result().notes.some(({ what }) => what.startsWith('guest #PF at 0x200000'))).toBe(true);
      })
      .expectNoDivergence();
  });

  it('flushes reach it: what the host takes away it faults in again', () => {
    machine()
      .run((d) => {
        d.write64(B, 1);
        d.host(whileIn([read(B)]));
        d.read64(A);
        d.host({ kind: 'reclaim', gpa: BigInt(B), size: 4096n });
        d.host(whileIn([write(B, 2)]));
        const did = d.during(() => d.read64(C));
        expect(Object.values(did.exits)).toEqual([2]);
        expect(d.read64(B)).toBe(2n);
      })
      .expectNoDivergence();
  });

  it('a recorded loop with a race in it is replayed as it is written', () => {
    const run = (iterations: number): MachineDriver =>
      machine().run((d) => {
        d.write64(B, 0);
        d.repeat(iterations, (body) => {
          body.host(whileIn([write(B, 2)]));
          body.read(8, A);
          body.host({ kind: 'reclaim', gpa: BigInt(A), size: 4096n });
        });
      });
    const [ten, thousand] = [run(10).expectNoDivergence().result(), run(1000).expectNoDivergence().result()];
    const counted = ({ notes }: typeof ten): number => notes[0]!.count;
    expect([counted(ten), counted(thousand)]).toEqual([10, 1000]);
    expect(thousand.stats['exits']! - ten.stats['exits']!).toBeGreaterThan(0);
  });
});

it('one vCPU is the rule', () => {
  const d = drive({}).ram(0, MIB).start();
  d.write64(B, 1);
  expect(d.host(whileIn([write(B, 2)]))).toBe(22);
  expect(d.read64(B)).toBe(1n);
});
