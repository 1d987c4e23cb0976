import { checkedFigure, type Claim } from './claim.ts';
import { configurationOf, exitCost } from './exit-cost.ts';
import { ipiClaims } from './ipi-claims.ts';
import { runLoopClaims } from './run-loop-claims.ts';
import { vmexitClaims } from './vmexit-tables.ts';
import { wordedClaims } from './worded-claims.ts';

/** Single figures. */
const SINGLE: readonly Claim[] = [
  {
    id: 'A1.16',
    says: 'vmcall on Skylake-SP: 1539 cycles',
    source: 'Wanpeng Li, KVM: VMX: perf MSRs if PMU not exposed, v1 (5.6, March 2020)',
    published: 1539,
    role: 'fitted',
    check: () =>
      checkedFigure(
        1539,
        exitCost('vmcall', configurationOf({ cpus: ['skylake-sp'], kernels: ['4.15'], mitigations: ['default'] })),
      ),
  },
  {
    id: 'A4.03',
    says: 'VMRUN to #VMEXIT and back on EPYC, a VMMCALL: 1360 to 1376 cycles',
    source: 'lkml 2012.2/00527 (December 2020)',
    published: 1376,
    role: 'fitted',
    check: () =>
      checkedFigure(
        1376,
        exitCost('vmcall', configurationOf({ cpus: ['zen2'], kernels: ['6.18'], mitigations: ['none'] })),
      ),
  },
];

/** Every published figure and worded claim that the model covers, in the order of their ids. */
export const claims = (): Claim[] =>
  [...vmexitClaims(), ...SINGLE, ...wordedClaims(), ...runLoopClaims(), ...ipiClaims()].sort((a, b) =>
    a.id < b.id ? -1 : a.id > b.id ? 1 : 0,
  );
