import { describe, expect, it } from 'vitest';
import { OP } from '../../core/guest/instruction.ts';
import { CR0, REG } from '../../core/guest/registers.ts';
import { PFERR } from '../../core/spec/vm-exit.ts';
import { DIRECT, ENTRY, type GuestFormat, PagingGuest } from '../driver/paging-guest.ts';
import type { MachineOptions } from '../driver/kvm-machine.ts';

/** Flows F13 to F16 and vectors 155 and 156 (docs/glossary.md, flow) under today's shadow MMU: what each step list is. */
const { P, W, U, A, D, NX } = ENTRY;
const VA = 0x4000_0000n;
const DATA = 0x20n << 12n;

const KERNEL_WORK = /^(?!hw|guest|walk|vcpu_enter|vcpu_run|vmx_|svm_|srcu_|handle_exit_irqoff|kvm_load)/;

/** Steps between prologue and epilogue, equal neighbours merged, in order. */
const handler = ({ m }: PagingGuest): string[] =>
  m.lastSteps
    .filter(({ name }) => KERNEL_WORK.test(name))
    .map(({ name, times }) => (times === 1 ? name : `${name} x${times}`));

/** A guest of four levels whose page at VA is mapped, and was never accessed. */
function guest(options: MachineOptions = {}, format: GuestFormat = '4-level'): PagingGuest {
  const g = new PagingGuest(format, options);
  g.map(VA, DATA | P | W | U);
  return g;
}

const WALKED = ['handle_exception_nmi', 'kvm_mmu_page_fault', 'paging64_page_fault'];
const EMULATED = ['x86_emulate_instruction', 'x86_decode_insn.fetch', 'paging64_walk_addr x4', 'x86_decode_insn'];

describe('F13: a fault of the guest’s own', () => {
  it('exits, is found by the walk and injected, without a lock', () => {
    const g = guest();
    expect(g.m.read(VA + 0x20_0000n, 8)).toBeUndefined();
    expect(handler(g)).toEqual([...WALKED, 'paging64_walk_addr x3', 'kvm_inject_page_fault']);
    expect(g.m.lastFault).toMatchObject({ vector: 14, errorCode: 0, lo: Number(VA) + 0x20_0000 });
    expect(g.m.stat('pf_guest')).toBe(1);
    expect(g.m.took('mmu_lock.write')).toBe(0);
  });

  it.each(['intel', 'amd'] as const)(
    'on %s: with two fields for the entry, and one more flush for a page that was present',
    (vendor) => {
      const g = guest({ vendor });
      g.map(VA, DATA | P);
      expect(g.m.write(VA, 8, 1n)).toBe('fault');
      expect(g.m.lastFault.errorCode).toBe(PFERR.P | PFERR.W);
      expect(g.m.took('kvm_inject_page_fault')).toBe(1);
      expect(g.m.took(vendor === 'intel' ? 'hw.invvpid' : 'hw.invlpga')).toBe(1);
    },
  );

  it('before cached roots nothing is flushed for it', () => {
    const g = guest({ kernel: '4.15' });
    g.map(VA, DATA | P);
    expect(g.m.write(VA, 8, 1n)).toBe('fault');
    expect(g.m.took('hw.invvpid')).toBe(0);
  });
});

describe('F14: a fault that KVM can fix', () => {
  const LINKED = ['kvm_mmu_get_shadow_page', 'kvm_mmu_alloc_shadow_page', 'account_shadowed'];
  const FOUND = [
    'kvm_vcpu_gfn_to_memslot',
    'page_fault_handle_page_track',
    'mmu_topup_memory_caches',
    'kvm_faultin_pfn',
    'mmu_lock.write',
    'paging64_gpte_changed',
  ];

  it('makes and links a shadow page a level, sets the leaf, and looks at its neighbours', () => {
    const g = guest();
    g.m.read(DIRECT, 8);
    expect(g.m.read(VA, 8)).toBe(0n);
    expect(handler(g)).toEqual([
      ...WALKED,
      'paging64_walk_addr x4',
      // The upper table of the direct mapping has been accessed before.
      'paging64_update_accessed_dirty_bits',
      ...FOUND,
      'paging64_fetch',
      'paging64_gpte_changed',
      'paging64_fetch',
      ...LINKED,
      'paging64_gpte_changed',
      'link_shadow_page',
      'paging64_fetch',
      ...LINKED,
      'paging64_gpte_changed',
      'link_shadow_page',
      'paging64_fetch',
      'mmu_set_spte',
      'rmap_add',
      'paging64_prefetch_gpte',
    ]);
    expect(g.m.stat('pf_fixed')).toBe(2);
  });

  it('through linked tables: only the leaf, and a write makes its frame’s shadow pages unsync', () => {
    const g = guest();
    g.m.read(VA, 8);
    g.map(VA + 4096n, (DATA + 4096n) | P | W | U | A);
    g.m.write(VA + 4096n, 8, 1n);
    expect(handler(g)).toEqual([
      ...WALKED,
      'paging64_walk_addr x4',
      'paging64_update_accessed_dirty_bits',
      ...FOUND,
      'paging64_fetch',
      'paging64_gpte_changed',
      'paging64_fetch',
      'paging64_gpte_changed',
      'paging64_fetch',
      'paging64_gpte_changed',
      'paging64_fetch',
      'mmu_set_spte',
      'mmu_try_to_unsync_pages',
      'rmap_add',
      'paging64_prefetch_gpte',
    ]);
  });

  it('the window of 8: accessed and present neighbours, in order, up to the first that is not', () => {
    const g = guest();
    for (let i = 0n; i < 8n; i++) g.map(VA + i * 4096n, (DATA + i * 4096n) | P | U | (i === 5n ? 0n : A));
    for (let i = 0n; i < 8n; i++) g.m.kvm.ram.frame(0x20 + Number(i), false);
    g.m.read(VA + 2n * 4096n, 8);
    expect(g.m.took('paging64_prefetch_gpte')).toBe(5);
    expect(g.m.took('kvm_mmu_prefetch_sptes')).toBe(4);
    for (const i of [0n, 1n, 3n, 4n]) {
      g.m.read(VA + i * 4096n, 8);
      expect(g.m.lastVmExits).toBe(0);
    }
    for (const i of [7n, 5n]) {
      g.m.read(VA + i * 4096n, 8);
      expect(g.m.lastVmExits).toBe(1);
    }
  });

  it('a page that was read is read-only until it is written: the guest’s dirty bit', () => {
    const g = guest();
    const gpa = g.map(VA, DATA | P | W | U);
    g.m.read(VA, 8);
    expect(g.peek(gpa)).toBe(DATA | P | W | U | A);
    g.m.write(VA, 8, 7n);
    expect(g.m.lastVmExits).toBe(1);
    expect(g.peek(gpa)).toBe(DATA | P | W | U | A | D);
    g.m.write(VA, 8, 8n);
    expect(g.m.lastVmExits).toBe(0);
  });
});

describe('F15: MMIO', () => {
  const MMIO = 0x3000_0000n;
  const mmio = (options: MachineOptions = {}): PagingGuest => {
    const g = guest(options);
    g.map(VA, MMIO | P | W | U | A | D);
    g.m.write(VA, 4, 1n);
    return g;
  };

  it('first touch: an MMIO SPTE, and the emulator finds the page in the cache', () => {
    const g = mmio();
    expect(handler(g)).toContain('make_mmio_spte');
    expect(g.m.took('mmu_lock.write')).toBe(1);
    expect(g.m.exits).toMatchObject([{ kind: 'mmio-write', address: Number(MMIO), data: 1 }]);
    expect(g.m.stat('pf_mmio_spte_created')).toBe(1);
  });

  it('again: RSVD, the cache by linear page, no walk for the operand, no lock', () => {
    const g = mmio();
    g.m.write(VA + 8n, 4, 2n);
    expect(handler(g)).toEqual([
      'handle_exception_nmi',
      'kvm_mmu_page_fault',
      'handle_mmio_page_fault',
      ...EMULATED,
      'x86_emulate_insn',
      'emulator_read_write',
      'emulator_read_write_onepage',
      'vcpu_mmio_gva_to_gpa',
      'vcpu_mmio_write',
      'kvm_io_bus_write',
      'mmio_fragment',
      'emulator_commit',
      'kvm_vcpu_ioctl.return',
      'userspace.dispatch_mmio',
      'kvm_vcpu_ioctl.entry',
      'complete_emulated_mmio',
    ]);
    expect(g.m.exits.at(-1)).toMatchObject({ address: Number(MMIO) + 8, data: 2 });
  });

  it('a zero-length ioeventfd is never asked by the fast path', () => {
    const g = mmio();
    const fd = g.m.eventfd(MMIO, 0);
    g.m.write(VA, 4, 3n);
    expect(g.m.signals(fd)).toBe(1);
    expect(g.m.stat('kvm_fast_mmio')).toBe(0);
  });

  it('another page in between: the SPTE is walked to and its generation compared', () => {
    const g = mmio();
    g.map(VA + 4096n, (MMIO + 4096n) | P | W | U | A | D);
    g.m.write(VA + 4096n, 4, 1n);
    g.m.write(VA, 4, 1n);
    expect(handler(g).slice(1, 6)).toEqual([
      'kvm_mmu_page_fault',
      'handle_mmio_page_fault',
      'get_mmio_spte x4',
      'check_mmio_spte',
      'vcpu_cache_mmio_info',
    ]);
  });

  it('a stale generation takes the whole way again', () => {
    const g = mmio();
    g.m.slot(1, 0x5000_0000n, 1);
    g.m.write(VA, 4, 1n);
    expect(g.m.took('check_mmio_spte')).toBe(1);
    expect(g.m.took('make_mmio_spte')).toBe(1);
  });

  it('user mode meets the guest’s own rights in the emulator', () => {
    const g = mmio();
    g.store(g.entryGpa(VA, 1), MMIO | P | W | A | D);
    g.invlpg(VA);
    g.m.write(VA, 4, 1n);
    g.cpl = 3;
    expect(g.m.read(VA, 4)).toBeUndefined();
    expect(g.m.lastFault.errorCode).toBe(PFERR.P | PFERR.U);
  });

  it('without MMIO caching there is no SPTE, and every access is walked for', () => {
    const g = mmio({ policy: { mmioCaching: false } });
    g.m.write(VA, 4, 1n);
    expect(handler(g)).toContain('paging64_page_fault');
    expect(g.m.took('make_mmio_spte')).toBe(0);
  });
});

describe('F16: a write to a table that is write-tracked', () => {
  /** A page directory of its own for VA, whose shadow page is in use. */
  const tracked = (options: MachineOptions = {}): { g: PagingGuest; pde: bigint } => {
    const g = guest(options);
    const pde = g.entryGpa(VA, 2);
    g.m.read(VA, 8);
    g.m.read(DIRECT + pde, 8);
    return { g, pde };
  };

  it('is found before the lock, emulated, and told to the shadow MMU', () => {
    const { g, pde } = tracked();
    g.store(pde + 8n, 0n);
    expect(handler(g)).toEqual([
      ...WALKED,
      'paging64_walk_addr x4',
      'kvm_vcpu_gfn_to_memslot',
      'page_fault_handle_page_track',
      ...EMULATED,
      'x86_emulate_insn',
      'emulator_read_write',
      'emulator_read_write_onepage',
      'vcpu_mmio_gva_to_gpa',
      'paging64_walk_addr x4',
      'emulator_read_emulated.ram',
      'mmu_lock.write',
      'kvm_mmu_track_write',
      'kvm_mmu_track_write.sp',
      'emulator_commit',
    ]);
    expect(g.m.stat('mmu_pte_write')).toBe(1);
  });

  it('the entry written goes, with a flush if it was present', () => {
    const { g, pde } = tracked();
    const old = g.peek(pde);
    g.store(pde, old | D);
    expect(g.m.took('mmu_page_zap_pte')).toBe(1);
    expect(g.m.took('kvm_flush_remote_tlbs.request')).toBe(1);
    expect(g.m.took('hw.invvpid')).toBe(1);
    expect(g.m.stat('mmu_pde_zapped')).toBe(1);
    expect(g.m.read(VA, 8)).toBe(0n);
    expect(g.m.lastVmExits).toBe(1);
  });

  it('vector 155: the third write without a use in between zaps the page', () => {
    const { g, pde } = tracked();
    for (let i = 1n; i <= 2n; i++) g.store(pde + i * 8n, 0n);
    expect(g.m.stat('mmu_flooded')).toBe(0);
    g.store(pde + 24n, 0n);
    expect(g.m.stat('mmu_flooded')).toBe(1);
    expect(g.m.took('kvm_mmu_prepare_zap_page')).toBe(1);
    g.store(pde + 32n, 0n);
    expect(handler(g)).not.toContain('kvm_mmu_track_write');
    g.store(pde + 40n, 0n);
    expect(g.m.lastVmExits).toBe(0);
    expect(g.m.read(VA, 8)).toBe(0n);
    expect(g.m.stat('mmu_reshadowed')).toBe(1);
  });

  it('a fault through the page in between starts the count again', () => {
    const { g, pde } = tracked();
    for (let i = 1n; i <= 6n; i++) {
      g.store(pde + i * 8n, 0n);
      g.map(VA + i * 4096n, DATA | P | A);
      g.m.read(VA + i * 4096n, 8);
    }
    expect(g.m.stat('mmu_flooded')).toBe(0);
  });

  it.each([
    [2, 2n, 1],
    [4, 2n, 0],
    [1, 0n, 0],
    [4, 4n, 0],
    [8, 4n, 1],
  ])('a write of %i bytes at offset %i of an entry: misaligned %i', (bytes, offset, zapped) => {
    const { g, pde } = tracked();
    g.store(pde + offset, offset === 0n ? g.peek(pde) : 0n, bytes);
    expect(g.m.stat('mmu_flooded')).toBe(zapped);
  });

  it.each([
    ['ADD', OP.ADD, true],
    ['XOR', OP.XOR, true],
    ['OR', OP.OR, false],
    ['XCHG', OP.XCHG, false],
    ['STOS', OP.STOS, true],
  ])('%s is no instruction that writes tables: %s', (_name, op, retries) => {
    const { g, pde } = tracked();
    expect(g.m.run(op, DIRECT + pde + 8n, 8, 0n)).toBe('done');
    expect(g.m.took('kvm_mmu_unprotect_gfn_and_retry')).toBe(retries ? 1 : 0);
    expect(g.m.took('x86_emulate_insn')).toBe(retries ? 0 : 1);
    expect(g.m.stat('mmu_pte_write')).toBe(retries ? 0 : 1);
    expect(g.m.lastVmExits).toBe(retries ? 2 : 1);
  });

  it.each([
    ['7.0', 'does not count as released: emulated at once', 1],
    ['4.2', 'counts, is shadowed again by the load of the roots, and the second attempt is emulated', 2],
  ] as const)('a table that is the root, %s: %s', (kernel, _what, exits) => {
    const { g } = tracked({ kernel });
    expect(g.m.run(OP.STOS, DIRECT + g.entryGpa(VA, 4) + 0x400n, 8, 0n)).toBe('done');
    expect(g.m.took('kvm_mmu_unprotect_gfn_and_retry')).toBe(1);
    expect(g.m.took('x86_emulate_insn')).toBe(1);
    expect(g.m.lastVmExits).toBe(exits);
  });

  it('without page tracking (4.2) the write is recognised when the SPTE is set', () => {
    const { g, pde } = tracked({ kernel: '4.2' });
    g.store(pde + 8n, 0n);
    g.store(pde + 16n, 0n);
    expect(handler(g)).not.toContain('page_fault_handle_page_track');
    expect(handler(g)).toContain('mmu_try_to_unsync_pages');
    expect(g.m.stat('mmu_pte_write')).toBe(2);
  });
});

describe('vector 156: a leaf table', () => {
  it('is written once with an exit, and then without, until it is synchronised', () => {
    const g = guest();
    const pte = g.entryGpa(VA, 1);
    g.m.read(VA, 8);
    g.store(pte + 8n, 0n);
    expect(g.m.took('kvm_unsync_page')).toBe(1);
    expect(g.m.stat('mmu_unsync')).toBe(1);
    for (let i = 2n; i < 20n; i++) {
      g.store(pte + i * 8n, 0n);
      expect(g.m.lastVmExits).toBe(0);
    }
    g.loadCr3();
    expect(handler(g)).toEqual([
      'handle_cr',
      'kvm_set_cr3',
      'skip_emulated_instruction',
      'kvm_mmu_sync_roots',
      'mmu_lock.write',
      'mmu_sync_children',
      'rmap_write_protect',
      'kvm_flush_remote_tlbs.request',
      'kvm_sync_page',
      'paging64_sync_spte',
    ]);
    expect(g.m.stat('mmu_unsync')).toBe(0);
    g.store(pte + 8n, 0n);
    expect(g.m.lastVmExits).toBe(1);
  });

  it('INVLPG synchronises the one entry, and the page stays unsync', () => {
    const g = guest();
    const pte = g.entryGpa(VA, 1);
    g.m.read(VA, 8);
    g.store(pte, (0x21n << 12n) | P | W | U | A);
    g.invlpg(VA);
    expect(handler(g)).toEqual([
      'handle_invlpg',
      'mmu_lock.write',
      'kvm_mmu_invalidate_addr x4',
      'paging64_sync_spte',
      'rmap_remove',
      'kvm_flush_remote_tlbs.request',
      'skip_emulated_instruction',
    ]);
    expect(g.m.stat('invlpg')).toBe(1);
    expect(g.m.stat('mmu_unsync')).toBe(1);
    g.store(0x21n << 12n, 77n);
    expect(g.m.read(VA, 8)).toBe(77n);
  });

  it('before 6.4 INVLPG zaps the entry and fills it again', () => {
    const g = guest({ kernel: '4.15' });
    const pte = g.entryGpa(VA, 1);
    g.m.read(VA, 8);
    g.store(pte, (0x21n << 12n) | P | W | U | A);
    g.invlpg(VA);
    expect(handler(g)).toContain('mmu_page_zap_pte');
    expect(handler(g)).toContain('paging64_prefetch_gpte');
    g.m.read(VA, 8);
  });

  it('what a stale entry still allows is allowed until the guest flushes', () => {
    const g = guest();
    const pte = g.entryGpa(VA, 1);
    g.store(DATA, 5n);
    g.m.read(VA, 8);
    g.store(pte, 0n);
    expect(g.m.read(VA, 8)).toBe(5n);
    g.invlpg(VA);
    expect(g.m.read(VA, 8)).toBeUndefined();
    expect(g.m.lastFault.errorCode).toBe(0);
  });
});

describe('error codes', () => {
  const S = 0;
  it.each([
    ['read of nothing', 0n, OP.READ, 0, S],
    ['user write of nothing', 0n, OP.WRITE, 3, PFERR.W | PFERR.U],
    ['fetch of nothing', 0n, OP.FETCH, 0, PFERR.FETCH],
    ['user read of a supervisor’s page', DATA | P | W, OP.READ, 3, PFERR.P | PFERR.U],
    ['write of a read-only page', DATA | P | U, OP.WRITE, 0, PFERR.P | PFERR.W],
    ['user write of a read-only page', DATA | P | U, OP.WRITE, 3, PFERR.P | PFERR.W | PFERR.U],
    ['fetch of an NX page', DATA | P | U | NX, OP.FETCH, 0, PFERR.P | PFERR.FETCH],
    ['a reserved bit', DATA | P | W | U | (1n << 50n), OP.READ, 0, PFERR.P | PFERR.RSVD],
    [
      'a reserved bit, user write',
      DATA | P | W | U | (1n << 50n),
      OP.WRITE,
      3,
      PFERR.P | PFERR.RSVD | PFERR.W | PFERR.U,
    ],
  ])('%s', (_name, entry, op, cpl, code) => {
    const g = guest();
    g.map(VA, entry);
    g.cpl = cpl === 3 ? 3 : 0;
    expect(g.m.run(op, VA, op === OP.FETCH ? 1 : 8, 0n)).toBe('fault');
    expect(g.m.lastFault).toMatchObject({ vector: 14, errorCode: code, lo: Number(VA) });
  });

  it('a supervisor writes a read-only page under CR0.WP = 0, and user mode still cannot', () => {
    const g = guest();
    g.map(VA, DATA | P | U | A);
    g.m.run(OP.MOV_CR0, 0n, 4, BigInt.asUintN(32, BigInt(g.m.regs.at[REG.CR0]! & ~CR0.WP)));
    expect(g.m.took('kvm_mmu_reset_context')).toBe(1);
    expect(g.m.write(VA, 8, 3n)).toBe('done');
    g.cpl = 3;
    expect(g.m.read(VA, 8)).toBe(3n);
    expect(g.m.write(VA, 8, 4n)).toBe('fault');
    expect(g.m.lastFault.errorCode).toBe(PFERR.P | PFERR.W | PFERR.U);
  });
});
