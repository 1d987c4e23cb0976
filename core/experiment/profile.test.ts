import { describe, expect, it } from 'vitest';
import { drive } from '../../test/driver/machine-driver.ts';
import { type StepName, STEPS } from '../cost/steps.ts';
import { OP } from '../guest/instruction.ts';
import { modelOf } from './claims/exit-cost.ts';
import { priceResult } from './pricing.ts';
import { profilesOf, profileStacks } from './profile.ts';
import { STEP_SHARES, WAIT_SHARES } from './symbol-shares.ts';
import { SymbolsOfPath } from './symbols.ts';

const invd = (mmu: 'ept' | 'npt', kernel: string) => {
  const cpu = mmu === 'ept' ? 'sapphire-rapids' : 'zen4';
  const driver = drive({ mmu, kernel, cpu })
    .ram(0, 1 << 21)
    .registers({ osxsave: true })
    .run((d) => d.repeat(1000, (body) => body.insn(OP.INVD, 0).insn(OP.VMCALL, 0)));
  return { result: driver.result(), model: modelOf(cpu) };
};

describe('a profile by kernel symbol', () => {
  it.each(['ept', 'npt'] as const)('%s: loses no cycle, largest first', (mmu) => {
    const { result, model } = invd(mmu, '6.18');
    const [profile] = profilesOf(result, model);
    const priced = priceResult(result.paths, model);
    if (!priced.ok) throw new Error(priced.error);
    expect(profile!.cycles + profile!.elsewhere).toBeCloseTo(priced.value.total.value, 3);
    expect(profile!.rows.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
    const cycles = profile!.rows.map((row) => row.cycles);
    expect(cycles).toEqual([...cycles].sort((a, b) => b - a));
  });

  it.each(['ept', 'npt'] as const)('%s: stacks name the instruction, and lose no cycle', (mmu) => {
    const { result, model } = invd(mmu, '6.18');
    const [profile] = profilesOf(result, model);
    const stacks = profileStacks(result, model);
    const sum = (isKernel: boolean): number =>
      stacks.filter((stack) => stack.isKernel === isKernel).reduce((all, { cycles }) => all + cycles, 0);
    expect(sum(true)).toBeCloseTo(profile!.cycles, 3);
    expect(sum(false)).toBeCloseTo(profile!.elsewhere, 3);
    const { name } = result.configuration;
    expect(new Set(stacks.map(({ frames }) => frames.slice(0, 2).join(';')))).toEqual(
      new Set([`${name};guest.invd`, `${name};guest.vmcall`]),
    );
  });

  it('gives a swap to the function that decides on it: two of four each way inside, one outside', () => {
    const per = (kernel: string, symbol: string): number => {
      const { result, model } = invd('ept', kernel);
      return profilesOf(result, model)[0]!.rows.find((row) => row.symbol === symbol)!.cycles / 1000;
    };
    const check = modelOf('sapphire-rapids').prices.kvm_load_guest_xsave_state.value;
    const write = modelOf('sapphire-rapids').prices['hw.xsetbv'].value;
    for (const symbol of ['kvm_load_guest_xsave_state', 'kvm_load_host_xsave_state']) {
      expect(per('6.18', symbol)).toBeCloseTo(2 * (check + write), 3);
      expect(per('6.19', symbol)).toBeCloseTo(check + write, 3);
    }
  });

  it('says what its numbers are of', () => {
    const { result, model } = invd('ept', '6.19');
    expect(profilesOf(result, model).map(({ label }) => label)).toEqual([
      'Intel Sapphire Rapids, ept, Linux 6.19, design userspace',
    ]);
    const other = {
      mitigations: 'none',
      nestedHost: true,
      vpid: false,
      hostPage: '2M',
      switches: { apicv: false },
    } as const;
    const elsewhere = { ...result, configuration: { ...result.configuration, ...other } };
    expect(profilesOf(elsewhere, model)[0]!.label).toBe(
      'Intel Sapphire Rapids, ept, Linux 6.19, design userspace, mitigations none, under a hypervisor, no vpid, host pages 2M, apicv=false',
    );
  });

  it('names C symbols for every step that the kernel takes, and gives the whole of it away', () => {
    for (const vendor of ['intel', 'amd'] as const) {
      const symbols = new SymbolsOfPath(vendor);
      for (const { name } of STEPS) {
        const shares = symbols.of(name);
        for (const [symbol] of shares) expect(symbol ?? '_').toMatch(/^[a-z_][a-zA-Z0-9_]*$/);
        expect(shares.reduce((sum, [, share]) => sum + share, 0)).toBeCloseTo(1, 9);
      }
    }
  });

  it('gives PKRU to its own functions where they stand alone', () => {
    const symbols = new SymbolsOfPath('intel');
    symbols.begin();
    const of = (steps: readonly StepName[]): (string | null)[] => steps.map((step) => symbols.of(step)[0]![0]);
    expect(
      of(['vmx_vcpu_run', 'kvm_load_guest_xsave_state', 'hw.wrpkru', 'kvm_load_guest_pkru', 'hw.wrpkru']).slice(1),
    ).toEqual([
      'kvm_load_guest_xsave_state',
      'kvm_load_guest_xsave_state',
      'kvm_load_guest_pkru',
      'kvm_load_guest_pkru',
    ]);
    expect(of(['hw.vmexit', 'kvm_load_host_pkru', 'hw.rdpkru', 'hw.wrpkru']).slice(1)).toEqual(
      Array.from({ length: 3 }, () => 'kvm_load_host_pkru'),
    );
  });

  it('puts entry and exit at the first instruction that an NMI can interrupt after them', () => {
    const symbols = new SymbolsOfPath('intel');
    symbols.begin();
    expect(symbols.of('hw.vmexit')).toEqual([['vmx_vmexit', 1]]);
    expect(symbols.of('hw.vmread', 'vcpu_enter_guest.after')).toEqual([['vmx_vcpu_run', 1]]);
    symbols.of('vcpu_enter_guest.after');
    symbols.of('handle_ept_violation', 'hw.vmread');
    expect(symbols.of('hw.vmread', 'kvm_mmu_page_fault')).toEqual([['handle_ept_violation', 1]]);
    expect(symbols.of('hw.vmread', 'skip_emulated_instruction')).toContainEqual(['vmx_get_rflags', 0.25]);
    symbols.of('vcpu_run');
    symbols.of('vmx_vcpu_run');
    expect(symbols.of('hw.vmwrite')).toEqual([['vmx_vcpu_run', 1]]);
    expect(symbols.of('hw.vmentry')).toEqual([['vmx_vmexit', 1]]);
    expect(new SymbolsOfPath('amd').of('hw.vmentry')).toEqual([['svm_vcpu_run', 1]]);
  });

  it('splits the rounds of halt polling, and shows nothing of sleep', () => {
    const symbols = new SymbolsOfPath('intel');
    const shares = symbols.ofWait({ symbol: 'kvm_vcpu_halt', kind: 'spins' }).map(([symbol]) => symbol);
    expect(shares.slice(0, 2)).toEqual(['kvm_vcpu_halt', 'kvm_apic_has_interrupt']);
    expect(shares).toEqual(
      expect.arrayContaining(['__srcu_read_lock', '__srcu_read_unlock', 'read_tsc', 'vmx_sync_pir_to_irr']),
    );
    expect(symbols.ofWait({ symbol: 'queued_spin_lock_slowpath', kind: 'spins' })).toEqual([
      ['queued_spin_lock_slowpath', 1],
    ]);
    expect(symbols.ofWait({ symbol: 'kvm_vcpu_block', kind: 'sleeps' })).toEqual([[null, 1]]);
  });

  it('says where each split is from', () => {
    for (const { source, shares } of [...Object.values(STEP_SHARES), ...Object.values(WAIT_SHARES)]) {
      expect(source).not.toBe('');
      expect(shares.reduce((sum, [, share]) => sum + share, 0)).toBeCloseTo(1, 9);
    }
  });
});
