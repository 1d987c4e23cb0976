import { describe, expect, it } from 'vitest';
import { drive } from '../../test/driver/machine-driver.ts';
import { STEPS } from '../cost/steps.ts';
import { OP } from '../guest/instruction.ts';
import { modelOf } from './claims/exit-cost.ts';
import { priceResult } from './pricing.ts';
import { profilesOf } from './profile.ts';
import { symbolOf } from './symbols.ts';

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
  });

  it('names a C symbol for every step that the kernel takes', () => {
    for (const { name } of STEPS)
      for (const vendor of ['intel', 'amd'] as const)
        expect(symbolOf(name, vendor, true) ?? '_').toMatch(/^[a-z_][a-z0-9_]*$/);
  });
});
