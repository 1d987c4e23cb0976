import { describe, expect, it } from 'vitest';
import { TestKernel } from './test-port.ts';

const HEAP = 0x1000_0000;

/** A process that runs and has a heap, whose first two pages it has written. Tables are frames 1 to 4, the pages 5 and 6 (4 levels). */
function withHeap(...options: ConstructorParameters<typeof TestKernel>): TestKernel {
  const k = new TestKernel(...options).start().mmap(0, HEAP, 0x1_0000);
  expect(k.fault(HEAP, 'write').done).toBe(true);
  expect(k.fault(HEAP + 0x1000, 'write').done).toBe(true);
  return k;
}

// Frames are counted from the kernel's first; 0 is the page of zeros.
describe('what the guest kernel executes, 4 levels', () => {
  it('to make a process: a zeroed top table with the boot tables’ kernel half', () => {
    const k = new TestKernel();
    k.os({ call: 'process', pid: 0 });
    expect(k.port.take()).toEqual(['STOS8 1+0x0 x 512', 'MOVS8 1+0x800 from -1+0x800 x 256']);
    k.os({ call: 'switchTo', pid: 0 });
    expect(k.port.take()).toEqual(['MOV_CR3 0x101000', 'SYSRET']);
  });

  it('at the first fault: each missing table is zeroed, then linked; the page zeroed, then mapped', () => {
    const k = new TestKernel().start().mmap(0, HEAP, 0x1_0000);
    k.port.take();
    expect(k.fault(HEAP, 'write').list).toEqual([
      'STOS8 2+0x0 x 512',
      'WRITE8 1+0x0 0x102067',
      'STOS8 3+0x0 x 512',
      'WRITE8 2+0x0 0x103067',
      'STOS8 4+0x0 x 512',
      'WRITE8 3+0x400 0x104067',
      'STOS8 5+0x0 x 512',
      'WRITE8 4+0x0 0x8000000000105067',
    ]);
    expect(k.fault(HEAP + 0x1000, 'write').list).toEqual(['STOS8 6+0x0 x 512', 'WRITE8 4+0x8 0x8000000000106067']);
  });

  it('each table on the way is read once', () => {
    const k = withHeap();
    k.port.take();
    k.kernel.pageFault(0, HEAP + 0x2000, 6);
    expect(k.port.take(true).filter((line) => line.startsWith('READ'))).toEqual([
      'READ8 1+0x0',
      'READ8 2+0x0',
      'READ8 3+0x400',
      'READ8 4+0x10',
    ]);
  });

  it('a read maps the page of zeros; the write after it takes that away and flushes before it maps a page', () => {
    const k = withHeap();
    expect(k.fault(HEAP + 0x2000, 'read').list).toEqual(['WRITE8 4+0x10 0x8000000000100225']);
    expect(k.fault(HEAP + 0x2000, 'write', true).list).toEqual([
      'STOS8 7+0x0 x 512',
      'XCHG8 4+0x10 0x0',
      'INVLPG 0x10002000',
      'WRITE8 4+0x10 0x8000000000107067',
    ]);
  });

  it('fork: entries lose W in the parent one by one, the child’s are clean of A; one flush', () => {
    const k = withHeap();
    k.port.take();
    k.os({ call: 'fork', pid: 0, child: 1 });
    expect(k.port.take().slice(9)).toEqual([
      'CMPXCHG8 4+0x0 0x8000000000105065',
      'WRITE8 10+0x0 0x8000000000105045',
      'CMPXCHG8 4+0x8 0x8000000000106065',
      'WRITE8 10+0x8 0x8000000000106045',
      'MOV_CR3 0x101000',
      'SYSRET',
    ]);
  });

  it('copy-on-write: the copy first, then the old entry goes, is flushed, the new one comes; the last owner just gets W back', () => {
    const k = withHeap();
    k.os({ call: 'fork', pid: 0, child: 1 });
    expect(k.fault(HEAP, 'write', true).list).toEqual([
      'MOVS8 11+0x0 from 5+0x0 x 512',
      'XCHG8 4+0x0 0x0',
      'INVLPG 0x10000000',
      'WRITE8 4+0x0 0x800000000010b067',
    ]);
    k.os({ call: 'switchTo', pid: 1 });
    expect(k.fault(HEAP, 'write', true).list).toEqual(['WRITE8 10+0x0 0x8000000000105067']);
  });

  it('munmap of a page: XCHG, INVLPG; of many: one load of CR3; tables that nothing is left in are unlinked', () => {
    const k = withHeap();
    k.port.take();
    k.os({ call: 'munmap', pid: 0, gva: BigInt(HEAP), size: 0x1000n });
    expect(k.port.take()).toEqual(['SYSCALL', 'XCHG8 4+0x0 0x0', 'INVLPG 0x10000000', 'SYSRET']);
    k.mmap(0, 0x2000_0000, 64 * 4096, { populate: true });
    k.port.take();
    k.os({ call: 'munmap', pid: 0, gva: 0x2000_0000n, size: 64n * 4096n });
    const list = k.port.take();
    expect(list.slice(-3)).toEqual(['WRITE8 3+0x800 0x0', 'MOV_CR3 0x101000', 'SYSRET']);
    expect(list.filter((line) => line.startsWith('XCHG8'))).toHaveLength(64);
  });

  it('mprotect: each entry is taken and set again; PROT_NONE keeps the frame, inverted', () => {
    const k = withHeap();
    k.port.take();
    k.os({ call: 'mprotect', pid: 0, gva: BigInt(HEAP), size: 0x1000n, prot: 'none' });
    expect(k.port.take()).toEqual([
      'SYSCALL',
      'XCHG8 4+0x0 0x0',
      'WRITE8 4+0x0 0xfffffffefa160',
      'INVLPG 0x10000000',
      'SYSRET',
    ]);
    expect(k.fault(HEAP, 'read').done).toBe(false);
    k.os({ call: 'mprotect', pid: 0, gva: BigInt(HEAP), size: 0x1000n, prot: 'rw' });
    expect(k.port.take()).toContain('WRITE8 4+0x0 0x8000000000105067');
  });

  it('exit: entries are stored over, tables unlinked from below, CR3 leaves before anything is freed', () => {
    const k = withHeap();
    k.port.take();
    k.os({ call: 'exit', pid: 0 });
    expect(k.port.take()).toEqual([
      'SYSCALL',
      'WRITE8 4+0x0 0x0',
      'WRITE8 4+0x8 0x0',
      'WRITE8 3+0x400 0x0',
      'WRITE8 2+0x0 0x0',
      'WRITE8 1+0x0 0x0',
      'MOV_CR3 0xff000',
    ]);
    expect(k.kernel.usedFrames).toBe(1);
  });

  it('with PCIDs: the space that comes back unchanged keeps its translations, a changed one does not', () => {
    const k = new TestKernel('4-level', '6.18', true).start().mmap(0, HEAP, 0x1000, { populate: true });
    k.os({ call: 'process', pid: 1 });
    k.port.take();
    const switchTo = (pid: number): string => {
      k.os({ call: 'switchTo', pid });
      return k.port.take().find((line) => line.startsWith('MOV_CR3'))!;
    };
    expect([switchTo(1), switchTo(0), switchTo(1)]).toEqual([
      'MOV_CR3 0x106002',
      'MOV_CR3 0x8000000000101001',
      'MOV_CR3 0x8000000000106002',
    ]);
    k.os({ call: 'munmap', pid: 0, gva: BigInt(HEAP), size: 0x1000n });
    expect(k.port.take()).not.toContain('INVLPG 0x10000000');
    expect(switchTo(0)).toBe('MOV_CR3 0x101001');
  });
});

describe('what differs between releases', () => {
  const forked = (mode: '4-level' | 'pae' | '2-level', release: '2.6.24' | '3.14' | '4.15' | '6.18'): string => {
    const k = withHeap(mode, release);
    k.port.take();
    k.os({ call: 'fork', pid: 0, child: 1 });
    return k.port.take().find((line) => /^(AND|CMPXCHG\d \d\+0x0 0x(8000000000)?\d+065$)/.test(line))!;
  };

  it.each([
    ['4-level', '2.6.24', 'AND4 4+0x0 0xfffffffd'],
    ['4-level', '3.14', 'AND1 4+0x0 0xfd'],
    ['4-level', '6.18', 'CMPXCHG8 4+0x0 0x8000000000105065'],
    ['pae', '2.6.24', 'AND4 5+0x0 0xfffffffd'],
    ['pae', '6.18', 'CMPXCHG4 5+0x0 0x106065'],
    ['2-level', '4.15', 'AND1 2+0x0 0xfd'],
  ] as const)('ptep_set_wrprotect, %s, Linux %s: %s', (mode, release, instruction) => {
    expect(forked(mode, release)).toBe(instruction);
  });

  it.each([
    ['2.6.24', ['AND4 4+0x0 0xffffffdf', 'INVLPG 0x10000000', 'AND4 4+0x8 0xffffffdf', 'INVLPG 0x10001000']],
    ['4.15', ['AND4 4+0x0 0xffffffdf', 'AND4 4+0x8 0xffffffdf']],
    ['6.18', ['AND8 4+0x0 0xffffffffffffffdf', 'AND8 4+0x8 0xffffffffffffffdf']],
  ] as const)('aging, Linux %s', (release, list) => {
    const k = withHeap('4-level', release);
    k.port.take();
    expect(k.os({ call: 'age', pid: 0 })).toBe(2);
    expect(k.port.take().slice(1, -1)).toEqual(list);
    expect(k.os({ call: 'age', pid: 0 })).toBe(0);
  });

  it('2.6.24 flushes everything after munmap, has no page of zeros, and flushes a page that is only made writable', () => {
    const k = withHeap('4-level', '2.6.24');
    expect(k.fault(HEAP + 0x2000, 'read').list).toEqual(['STOS8 7+0x0 x 512', 'WRITE8 4+0x10 0x8000000000107067']);
    k.os({ call: 'munmap', pid: 0, gva: BigInt(HEAP), size: 0x1000n });
    expect(k.port.take()).toContain('MOV_CR3 0x101000');
    k.os({ call: 'mprotect', pid: 0, gva: BigInt(HEAP + 0x1000), size: 0x1000n, prot: 'r' });
    k.os({ call: 'mprotect', pid: 0, gva: BigInt(HEAP + 0x1000), size: 0x1000n, prot: 'rw' });
    expect(k.fault(HEAP + 0x1000, 'write', true).list).toEqual([
      'WRITE8 4+0x8 0x8000000000106067',
      'INVLPG 0x10001000',
    ]);
  });

  it('6.18 gives W back with mprotect, where the page is the process’s alone; 4.15 waits for the fault', () => {
    for (const [release, entry] of [
      ['6.18', '0x8000000000105067'],
      ['4.15', '0x8000000000105065'],
    ] as const) {
      const k = withHeap('4-level', release);
      for (const prot of ['r', 'rw'] as const) {
        k.port.take();
        k.os({ call: 'mprotect', pid: 0, gva: BigInt(HEAP), size: 0x1000n, prot });
      }
      expect(k.port.take()).toContain(`WRITE8 4+0x0 ${entry}`);
    }
  });

  it('a read of a file maps what the cache has around it since 3.15', () => {
    for (const [release, entries] of [
      ['3.14', 1],
      ['4.15', 4],
    ] as const) {
      const k = new TestKernel('4-level', release).start();
      k.mmap(0, 0x2000_0000, 0x4000, { file: 'libc', shared: true, populate: true });
      k.mmap(0, HEAP, 0x4000, { file: 'libc', prot: 'r' });
      const before = k.kernel.pagesOf(0);
      k.fault(HEAP + 0x2000, 'read');
      expect(k.kernel.pagesOf(0) - before).toBe(entries);
    }
  });
});

describe('32-bit guests', () => {
  it('PAE: page directories from the start, entries high half first, taken low half first', () => {
    const k = new TestKernel('pae', '2.6.24');
    k.os({ call: 'process', pid: 0 });
    expect(k.port.take()).toEqual([
      'STOS4 1+0x0 x 1024',
      'MOVS4 1+0x18 from -1+0x18 x 2',
      'STOS4 2+0x0 x 1024',
      'CMPXCHG8 1+0x0 0x102001',
      'STOS4 3+0x0 x 1024',
      'CMPXCHG8 1+0x8 0x103001',
      'STOS4 4+0x0 x 1024',
      'CMPXCHG8 1+0x10 0x104001',
    ]);
    k.os({ call: 'switchTo', pid: 0 });
    k.mmap(0, HEAP, 0x1_0000);
    expect(k.fault(HEAP, 'write').list).toEqual([
      'STOS4 5+0x0 x 1024',
      'CMPXCHG8 2+0x400 0x105067',
      'STOS4 6+0x0 x 1024',
      'WRITE4 5+0x4 0x80000000',
      'WRITE4 5+0x0 0x106067',
    ]);
    k.os({ call: 'munmap', pid: 0, gva: BigInt(HEAP), size: 0x1000n });
    expect(k.port.take(true).filter((line) => / 5\+0x[04]/.test(line))).toEqual([
      'READ4 5+0x0',
      'READ4 5+0x4',
      'XCHG4 5+0x0 0x0',
      'READ4 5+0x4',
      'WRITE4 5+0x4 0x0',
    ]);
  });

  it('PAE of 2.6.24: ptep_set_access_flags stores the low half alone', () => {
    const k = withHeap('pae', '2.6.24');
    k.os({ call: 'fork', pid: 0, child: 1 });
    k.os({ call: 'exit', pid: 1 });
    expect(k.fault(HEAP, 'write', true).list).toEqual(['WRITE4 5+0x0 0x106067', 'INVLPG 0x10000000']);
  });

  it('2 levels: 4-byte entries, tables of 1024', () => {
    const k = new TestKernel('2-level', '2.6.24').start().mmap(0, HEAP, 0x1_0000);
    expect(k.fault(HEAP + 0x3000, 'write').list).toEqual([
      'STOS4 2+0x0 x 1024',
      'WRITE4 1+0x100 0x102067',
      'STOS4 3+0x0 x 1024',
      'WRITE4 2+0xc 0x103067',
    ]);
  });
});

describe('huge pages', () => {
  const HUGE = 0x4000_0000;

  it('are zeroed page by page and mapped by one entry; the first write after fork splits', () => {
    const k = new TestKernel().start().mmap(0, HUGE, 0x20_0000, { huge: true });
    const { list } = k.fault(HUGE + 0x5000, 'write');
    expect(list.slice(4)).toHaveLength(513);
    expect(list.at(-1)).toBe('WRITE8 3+0x0 0x80000000002000e7');
    k.os({ call: 'fork', pid: 0, child: 1 });
    expect(k.port.take()).toContain('CMPXCHG8 3+0x0 0x80000000002000e5');
    const split = k.fault(HUGE + 0x5000, 'write', true).list;
    expect(split.filter((line) => line.startsWith('WRITE8')).length).toBe(512 + 2);
    expect(split).toContain('XCHG8 3+0x0 0x0');
    expect(split.at(-2)).toBe('INVLPG 0x40005000');
    expect(k.kernel.vmstat().thp_split_pmd).toBe(1);
  });

  it('are made of small ones by khugepaged, if nobody shares them', () => {
    const k = new TestKernel().start().mmap(0, HUGE, 0x20_0000);
    expect(k.os({ call: 'promote', pid: 0, gva: BigInt(HUGE) })).toBe(0);
    k.fault(HUGE + 0x7000, 'write');
    k.os({ call: 'fork', pid: 0, child: 1 });
    expect(k.os({ call: 'promote', pid: 0, gva: BigInt(HUGE) })).toBe(0);
    k.os({ call: 'exit', pid: 1 });
    k.port.take();
    expect(k.os({ call: 'promote', pid: 0, gva: BigInt(HUGE) })).toBe(1);
    const list = k.port.take();
    expect(list.slice(1, 3)).toEqual(['XCHG8 3+0x0 0x0', 'MOV_CR3 0x101000']);
    expect(list.filter((line) => line.startsWith('MOVS8'))).toHaveLength(1);
    expect(list.filter((line) => line.startsWith('STOS8'))).toHaveLength(511);
    expect(list.at(-2)).toMatch(/^WRITE8 3\+0x0 0x80000000002000e7$/);
  });

  it('Linux 2.6.24 has none', () => {
    const k = withHeap('4-level', '2.6.24');
    k.os({ call: 'promote', pid: 0, gva: BigInt(HEAP) });
    expect(k.port.problem).toBe('os.promote(): Linux 2.6.24 has no transparent huge pages');
  });
});

describe('files', () => {
  it('are shared through the page cache; a private write copies, a shared one does not', () => {
    const k = new TestKernel().start();
    k.mmap(0, HEAP, 0x1000, { file: 'a', shared: true });
    k.mmap(0, 0x2000_0000, 0x1000, { file: 'a' });
    k.fault(HEAP, 'write');
    expect(k.fault(0x2000_0000, 'write').list.find((line) => line.startsWith('MOVS8'))).toMatch(/from 5\+0x0/);
    expect(k.kernel.vmstat()).toMatchObject({ pgmajfault: 1, cow: 1 });
  });

  it('keep their place when their VMA is cut', () => {
    const k = new TestKernel('4-level', '3.14').start();
    k.mmap(0, HEAP, 0x4000, { file: 'a', shared: true, populate: true });
    const frames = [0, 1, 2, 3].map((page) => k.port.value(0x104_000 + page * 8, 8) & 0xff_f000n);
    k.os({ call: 'munmap', pid: 0, gva: BigInt(HEAP + 0x1000), size: 0x1000n });
    k.os({ call: 'fork', pid: 0, child: 1 });
    k.os({ call: 'switchTo', pid: 1 });
    k.fault(HEAP + 0x3000, 'read');
    const leaf = Number(k.kernel.mm.tables.find(k.kernel.mm.processes.pgd[1]!, 0x10003, 1));
    expect(k.port.value(leaf * 4096 + 3 * 8, 8) & 0xff_f000n).toBe(frames[3]);
  });

  it('reclaim asks every mapping of a page, unmaps what was not accessed, and flushes', () => {
    const k = new TestKernel().start();
    k.mmap(0, HEAP, 0x1000, { file: 'a', shared: true, populate: true });
    expect(k.os({ call: 'reclaim', pages: 4 })).toBe(0);
    k.port.take();
    expect(k.os({ call: 'reclaim', pages: 4 })).toBe(1);
    expect(k.port.take()).toEqual(['SYSCALL', 'XCHG8 4+0x0 0x0', 'INVLPG 0x10000000', 'SYSRET']);
    expect(k.fault(HEAP, 'read').list).toEqual(['WRITE8 4+0x0 0x8000000000105027']);
    expect(k.kernel.vmstat().pgmajfault).toBe(1);
  });

  it('shared memory without a file ends with its last mapping', () => {
    const k = new TestKernel().start().mmap(0, HEAP, 0x2000, { shared: true, populate: true });
    k.os({ call: 'fork', pid: 0, child: 1 });
    k.os({ call: 'munmap', pid: 0, gva: BigInt(HEAP), size: 0x2000n });
    expect(k.kernel.mm.cache.count).toBe(2);
    k.os({ call: 'exit', pid: 1 });
    expect(k.kernel.mm.cache.count).toBe(0);
    k.os({ call: 'exit', pid: 0 });
    expect(k.kernel.usedFrames).toBe(1);
  });

  it('pages of devices are mapped at once, uncached, and are nobody’s frames', () => {
    const k = new TestKernel().start().mmap(0, HEAP, 0x1000, { gpa: 0xfe00_0000n });
    expect(k.port.take().at(-2)).toBe('WRITE8 4+0x0 0x80000000fe000237');
    k.os({ call: 'fork', pid: 0, child: 1 });
    expect(k.port.take().at(-3)).toBe('WRITE8 8+0x0 0x80000000fe000217');
    for (const pid of [0, 1]) k.os({ call: 'exit', pid });
    expect(k.kernel.usedFrames).toBe(1);
  });
});
