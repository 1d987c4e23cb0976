import { calibrate, type Calibration } from '../calibration/calibrate.ts';
import { readMeasured } from '../calibration/measured-rows.ts';
import { checkedFigure, type Claim } from './claim.ts';
import { configurationOf, exitCost } from './exit-cost.ts';

interface PublishedTable {
  readonly source: string;
  /** Where the model stands for the machine of the table; CPU and kernel were not stated in full. */
  readonly cpu: string;
  readonly kernel: string;
  readonly rows: readonly (readonly [id: string, test: string, cycles: number])[];
}

/** Tables of vmexit.flat on one machine each. The CPU model and kernel are the nearest that the model has; that choice is an estimate. */
export const PUBLISHED_TABLES: readonly PublishedTable[] = [
  {
    source: 'kvm-unit-tests 00bfecaa (P. Bonzini, 2012-12-13); CPU not stated',
    cpu: 'nehalem',
    kernel: '3.14',
    rows: [
      ['A1.01', 'vmcall', 3898],
      ['A1.02', 'inl_from_pmtimer', 24615],
      ['A1.03', 'inl_from_qemu', 20574],
      ['A1.04', 'inl_from_kernel', 7237],
      ['A1.05', 'outl_to_kernel', 4451],
    ],
  },
  {
    source: 'QEMU 22773d6066a7, docs/specs/pci-testdev.txt (M. Tsirkin, 2013); CPU not stated',
    cpu: 'sandy-bridge',
    kernel: '3.14',
    rows: [
      ['pci-testdev.1', 'portio-no-eventfd:pci-io', 5287],
      ['pci-testdev.2', 'portio-wildcard-eventfd:pci-io', 1762],
      ['pci-testdev.3', 'portio-datamatch-eventfd:pci-io', 1777],
      ['pci-testdev.4', 'mmio-no-eventfd:pci-mem', 8796],
      ['pci-testdev.5', 'mmio-wildcard-eventfd:pci-mem', 3609],
      ['pci-testdev.6', 'mmio-datamatch-eventfd:pci-mem', 3685],
    ],
  },
  {
    source: 'linux b7ffc44d5b2e (A. Lutomirski, 2017), after the commit; CPU not stated',
    cpu: 'haswell',
    kernel: '4.15',
    rows: [
      ['A1.08', 'cpuid', 1291],
      ['A1.09', 'vmcall', 1181],
      ['A1.11', 'inl_from_pmtimer', 6457],
      ['A1.12', 'inl_from_qemu', 6209],
      ['A1.13', 'inl_from_kernel', 2339],
      ['A1.14', 'outl_to_kernel', 1391],
    ],
  },
];

/** The table fitted to its own rows, without mitigations. */
export function fitTable({ cpu, kernel, rows }: PublishedTable): Calibration {
  const measured = readMeasured(rows.map(([, test, cycles]) => `${test} ${cycles}`).join('\n'));
  if (!measured.ok) throw new Error(measured.error);
  const host = { name: 'published', cpu: 'not stated', microcode: '', kernel, mitigations: 'none', ghz: 2.5 };
  const fitted = calibrate(
    measured.value,
    host,
    configurationOf({ cpus: [cpu], kernels: [kernel], mitigations: ['none'] }),
  );
  if (!fitted.ok) throw new Error(fitted.error);
  return fitted.value;
}

/** Two claims a row: what the unchanged model says, and what it says once fitted to the other rows. */
export const vmexitClaims = (): Claim[] =>
  PUBLISHED_TABLES.flatMap((table) => {
    let fitted: Calibration | null = null;
    const { source, cpu, kernel, rows } = table;
    return rows.flatMap(([id, test, published]): Claim[] => [
      {
        id,
        says: `${test}: ${published} cycles`,
        source,
        published,
        role: 'predicted',
        check: () =>
          checkedFigure(
            published,
            exitCost(test, configurationOf({ cpus: [cpu], kernels: [kernel], mitigations: ['none'] })),
          ),
      },
      {
        id,
        says: `${test}, from the other rows`,
        source,
        published,
        role: 'left out',
        check: () => {
          fitted ??= fitTable(table);
          const row = fitted.fit.rows.find(({ name }) => name === test)!;
          const value = row.leftOut!;
          return checkedFigure(published, { value, low: value, high: value });
        },
      },
    ]);
  });
