import { beforeEach, describe, expect, it } from 'vitest';
import { CoalescedZones } from './coalesced-zones.ts';
import { errnoName } from './errno.ts';
import { IoBusSet } from './io-bus-set.ts';
import { BUS } from './io-bus.ts';
import { MODERN_IO } from './io-policy.ts';
import { IOEVENTFD_FLAG, type IoeventfdArgs, Ioeventfds } from './ioeventfd.ts';
import { Irqchip } from './irqchip.ts';

// Vectors 1 to 46 of the ioctl KVM_IOEVENTFD. A = an address without a memslot.
const A = 0x3000_0000n;
const TOP = 1n << 64n;

let io: IoBusSet;
let entries: Ioeventfds;
let zones: CoalescedZones;
let f: number;
let g: number;

beforeEach(() => start(MODERN_IO));

function start(policy: typeof MODERN_IO): void {
  io = new IoBusSet(policy);
  entries = new Ioeventfds(io);
  zones = new CoalescedZones(io);
  f = io.eventfds.create();
  g = io.eventfds.create();
}

interface Entry {
  readonly addr?: bigint;
  readonly len?: number;
  readonly match?: bigint;
  readonly flags?: number;
  readonly fd?: number;
}

/** The name of the result; `match` sets DATAMATCH. */
function assign(entry: Entry, more = 0): string {
  const matches = entry.match === undefined ? 0 : IOEVENTFD_FLAG.DATAMATCH;
  const args: IoeventfdArgs = {
    addr: entry.addr ?? A,
    len: entry.len ?? 4,
    datamatch: entry.match ?? 0n,
    fd: entry.fd ?? f,
    flags: ((entry.flags ?? 0) | matches | more) >>> 0,
  };
  return errnoName(entries.ioctl(args));
}
const deassign = (entry: Entry): string => assign(entry, IOEVENTFD_FLAG.DEASSIGN);
const PIO = IOEVENTFD_FLAG.PIO;
const CCW = IOEVENTFD_FLAG.VIRTIO_CCW_NOTIFY;

/** A row: what is assigned first (all must succeed), then the entry under test and its result. */
const ASSIGN: readonly [id: string, before: readonly Entry[], entry: Entry, result: string][] = [
  ['1', [], {}, 'OK'],
  ['2', [{}], {}, 'EEXIST'],
  ['3', [{}], { fd: 1 }, 'EEXIST'],
  ['4', [{}], { len: 2 }, 'OK'],
  ['5', [{}], { match: 1n }, 'EEXIST'],
  ['6', [{}], { addr: A + 1n }, 'OK'],
  ['7', [{ match: 1n }], { match: 2n }, 'OK'],
  ['8', [{ match: 1n }, { match: 2n }], { match: 1n, fd: 1 }, 'EEXIST'],
  ['9', [{ match: 1n }, { match: 2n }], {}, 'EEXIST'],
  ['10', [{ match: 1n }, { match: 2n }], { match: (1n << 32n) + 1n }, 'OK'],
  ['11', [{ match: 1n }], { len: 0 }, 'EEXIST'],
  ['12', [{ len: 0 }], {}, 'EEXIST'],
  ['13', [{ len: 0 }], { len: 8, match: 5n }, 'EEXIST'],
  ['14', [], { len: 0, match: 0n }, 'EINVAL'],
  ['15', [], { addr: 0x500n, len: 0, flags: PIO }, 'OK'],
  ['16', [], { addr: 0x502n, len: 0, flags: PIO, match: 0n }, 'EINVAL'],
  ...[3, 5, 6, 7, 9, 16, 0xffff_ffff].map((len) => ['17', [], { len }, 'EINVAL'] as [string, Entry[], Entry, string]),
  ['18', [], { addr: TOP - 8n, len: 8 }, 'EINVAL'],
  ['19', [], { addr: TOP - 8n, len: 4 }, 'OK'],
  ['20', [], { addr: TOP - 1n, len: 1 }, 'EINVAL'],
  ['21', [], { addr: TOP - 1n, len: 0 }, 'OK'],
  ['22', [], { flags: 1 << 4 }, 'OK'],
  ['22, collides as if clear', [{ flags: 1 << 4 }], {}, 'EEXIST'],
  ['23, bit 5', [], { flags: 1 << 5 }, 'EINVAL'],
  ['23, bit 31', [], { flags: 0x8000_0000 }, 'EINVAL'],
  ['24', [], { fd: -1 }, 'EBADF'],
  ['24, never opened', [], { fd: 99 }, 'EBADF'],
  ['26', [], { len: 3, fd: -1 }, 'EINVAL'],
  ['27', [], { addr: 0x12_3456n, flags: PIO }, 'OK'],
  ['28', [{ addr: 0x500n, flags: PIO }], { addr: 0x500n }, 'OK'],
  ['29', [], { len: 8, flags: CCW }, 'OK'],
  ['29, length 0', [], { len: 0, flags: CCW }, 'OK'],
  ['30', [{ addr: 0x700n, len: 2, flags: PIO }], { addr: 0x700n, len: 2, flags: PIO | CCW }, 'EEXIST'],
];

const SEVEN: Entry = { match: 7n };
const DEASSIGN: readonly [id: string, before: readonly Entry[], entry: Entry, result: string][] = [
  ['31', [], {}, 'ENOENT'],
  ['32, other fd', [SEVEN], { match: 7n, fd: 1 }, 'ENOENT'],
  ['32, other match', [SEVEN], { match: 8n }, 'ENOENT'],
  ['32, no DATAMATCH', [SEVEN], {}, 'ENOENT'],
  ['32, len 2', [SEVEN], { match: 7n, len: 2 }, 'ENOENT'],
  ['32, len 3', [SEVEN], { match: 7n, len: 3 }, 'ENOENT'],
  ['32, PIO', [SEVEN], { match: 7n, flags: PIO }, 'ENOENT'],
  ['33', [SEVEN], { match: 7n, fd: -1 }, 'EBADF'],
  ['34', [SEVEN], { match: 7n, flags: 1 << 9 }, 'OK'],
];

describe('KVM_IOEVENTFD', () => {
  it.each(ASSIGN)('vector %s: assign', (_id, before, entry, result) => {
    for (const each of before) expect(assign(each)).toBe('OK');
    expect(assign(entry)).toBe(result);
  });

  it.each(DEASSIGN)('vector %s: deassign', (_id, before, entry, result) => {
    for (const each of before) expect(assign(each)).toBe('OK');
    expect(deassign(entry)).toBe(result);
  });

  it('vector 24: a closed fd is EBADF', () => {
    io.eventfds.close(g);
    expect(assign({ fd: g })).toBe('EBADF');
  });

  it('vector 25: a descriptor of another file is EINVAL', () => {
    expect(assign({ fd: io.eventfds.openOther() })).toBe('EINVAL');
  });

  it('vector 35: deassign through a dup', () => {
    assign({});
    expect(deassign({ fd: io.eventfds.dup(f) })).toBe('OK');
    expect(entries.count).toBe(0);
  });

  it('vector 36: the value is not looked at without DATAMATCH', () => {
    assign({});
    const args = { addr: A, len: 4, datamatch: 77n, fd: f, flags: IOEVENTFD_FLAG.DEASSIGN };
    expect(errnoName(entries.ioctl(args))).toBe('OK');
  });

  it('vector 37: a zero-length entry and its twin come and go together', () => {
    const zero = { len: 0 };
    const results = [assign(zero), deassign(zero), assign(zero), deassign(zero), assign({})];
    expect(results).toEqual(['OK', 'OK', 'OK', 'OK', 'OK']);
    expect(io.buses[BUS.FAST_MMIO]!.count).toBe(0);
  });

  it('vector 38: closing the fd does not end the registration', () => {
    assign({ addr: A + 64n });
    io.eventfds.close(f);
    expect(assign({ addr: A + 64n, fd: g })).toBe('EEXIST');
  });

  it('vectors 39 to 43: ioeventfds never fill a bus, other devices do', () => {
    for (let n = 0n; n < 2000n; n++) expect(assign({ addr: A + n * 8n })).toBe('OK');
    const zone = (n: number) => errnoName(zones.register({ addr: BigInt(n) * 4096n, size: 4096, pio: 0 }));
    for (let n = 0; n < 1000; n++) expect(zone(n)).toBe('OK');
    expect(zone(1000)).toBe('ENOSPC');
    expect(assign({ addr: A - 8n })).toBe('ENOSPC');
    expect(assign({ addr: A - 8n, len: 0 })).toBe('ENOSPC');
    expect(assign({ addr: 0x500n, flags: PIO })).toBe('OK');
    expect(errnoName(zones.unregister({ addr: 0n, size: 4096, pio: 0 }))).toBe('OK');
    expect(assign({ addr: A - 8n })).toBe('OK');
  });

  it('vector 44: the in-kernel irqchip takes one place on MMIO and three on PIO', () => {
    expect(errnoName(new Irqchip(io).create(false))).toBe('OK');
    const fill = (pio: number): number => {
      let count = 0;
      while (zones.register({ addr: 0x1_0000_0000n, size: 4, pio }) === 0) count++;
      return count;
    };
    expect([fill(0), fill(1)]).toEqual([999, 997]);
  });

  it('vector 45: when the FAST_MMIO half fails, the MMIO half is undone', () => {
    io.allocationsLeft = 1;
    expect(assign({ len: 0 })).toBe('ENOMEM');
    expect([io.buses[BUS.MMIO]!.count, io.buses[BUS.FAST_MMIO]!.count, entries.count]).toEqual([0, 0, 0]);
    expect(assign({ len: 0 })).toBe('OK');
  });

  it('vector 46: an unregistration out of memory takes the whole bus with it', () => {
    assign({});
    assign({ addr: A + 8n, fd: g });
    zones.register({ addr: A, size: 64, pio: 0 });
    io.allocationsLeft = 0;
    expect(deassign({})).toBe('OK');
    expect([entries.count, zones.count]).toEqual([0, 0]);
    expect(assign({})).toBe('ENOMEM');
    expect(errnoName(io.write(BUS.MMIO, 0, Number(A) + 8, 4, 0, 1))).toBe('ENOMEM');
    expect(assign({ flags: PIO, addr: 0x500n })).toBe('OK');
  });

  it('grace periods: call_srcu from 6.18 for a registration, a wait for every deregistration', () => {
    assign({ len: 0 });
    expect([...io.srcu]).toEqual([2, 0]);
    io.srcu.fill(0);
    deassign({ len: 0 });
    expect([...io.srcu]).toEqual([0, 2]);
    start({ ...MODERN_IO, registerFrees: 'synchronize_srcu_expedited' });
    assign({});
    expect([...io.srcu]).toEqual([0, 1]);
  });
});

describe('older kernels', () => {
  it('vector 15 before 4.4: length 0 on PIO is EINVAL', () => {
    start({ ...MODERN_IO, zeroLengthPio: false });
    expect(assign({ addr: 0x500n, len: 0, flags: PIO })).toBe('EINVAL');
  });

  it('before 3.15: length 0 and flag bit 4 are EINVAL', () => {
    start({ ...MODERN_IO, zeroLength: false, fastMmioTwin: 'none', ioeventfdFlags: 0xf });
    expect([assign({ len: 0 }), assign({ flags: 1 << 4 })]).toEqual(['EINVAL', 'EINVAL']);
  });

  describe('3.15 as first written', () => {
    const first = { ...MODERN_IO, zeroLengthCompare: false, zeroLengthPio: false, fastMmioTwin: 'shared' } as const;
    const fast = (addr: bigint) => errnoName(io.write(BUS.FAST_MMIO, 0, Number(addr), 0, 0, 0));
    beforeEach(() => start(first));

    it('vector 180: the slow path never finds a zero-length entry, the fast one does', () => {
      assign({ len: 0 });
      expect(errnoName(io.write(BUS.MMIO, 0, Number(A), 4, 0, 1))).toBe('EOPNOTSUPP');
      expect(fast(A)).toBe('OK');
      expect(io.eventfds.counter(f)).toBe(1n);
    });

    it('a CCW entry of length 0 is put on FAST_MMIO too, and deassigning takes it away', () => {
      assign({ len: 0, flags: CCW });
      expect(fast(A)).toBe('OK');
      expect(deassign({ len: 0, flags: CCW })).toBe('OK');
      expect(fast(A)).toBe('EOPNOTSUPP');
    });

    it('the twin is not counted as an ioeventfd, so FAST_MMIO fills up at 1000', () => {
      for (let n = 0n; n < 1000n; n++) expect(assign({ addr: A + n, len: 0 })).toBe('OK');
      expect(assign({ addr: A + 1000n, len: 0 })).toBe('ENOSPC');
      expect(io.buses[BUS.MMIO]!.count).toBe(1000);
    });
  });
});
