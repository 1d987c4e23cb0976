import { OP, parseConfigurations, RECORD, recordHeader, type Run, type Selection } from '../../core/index.ts';
import { ram, start } from './guest.ts';
import { rate, type Row } from './measure.ts';

const PAGES = 256;
const HEAP = 0x1000_0000;

const MACHINES: readonly (readonly [string, Selection])[] = [
  ['EPT', { mmus: ['ept'], cpus: ['haswell'], kernels: ['7.0'] }],
  ['shadow paging of 7.0', { mmus: ['shadow'], cpus: ['haswell'], kernels: ['7.0'] }],
  ['shadow paging of 2.6.26', { mmus: ['shadow'], cpus: ['haswell'], kernels: ['2.6.26'] }],
];

function boot(selection: Selection): Run {
  const parsed = parseConfigurations({ ...selection, designs: ['userspace'] });
  if (!parsed.ok) throw new Error(parsed.error);
  return start(parsed.value[0]!, [
    ram(0n, 16n << 20n, null),
    { kind: 'paging', mode: '4-level', tables: null },
    { kind: 'kernel', release: '2.6.24', pcid: false, gpa: null, size: null, directMap: null },
  ]);
}

/** One round: mmap, a first touch of each page, munmap. */
function round(run: Run): Float64Array {
  const range = { pid: 0, gva: BigInt(HEAP), size: BigInt(PAGES * 4096) };
  const host = (index: number): number[] => [recordHeader(RECORD.HOST, 4, 1, 0), index];
  const touches = Array.from({ length: PAGES }, (_, n) => [recordHeader(OP.WRITE, 4, 2, 0), HEAP + n * 4096, n]);
  const map = {
    ...range,
    prot: 'rw',
    shared: false,
    file: null,
    offset: 0n,
    huge: false,
    populate: false,
    gpa: null,
  } as const;
  return Float64Array.from([
    ...host(run.addKernelOp({ call: 'mmap', ...map })),
    ...touches.flat(),
    ...host(run.addKernelOp({ call: 'munmap', ...range })),
  ]);
}

/** The guest kernel serves page faults: instructions a second that it and its program execute, and page faults that exit to KVM. */
export function kernelRows(): Row[] {
  return MACHINES.flatMap(([name, selection]) => {
    const run = boot(selection);
    const host = (call: 'process' | 'switchTo'): void => {
      const records = Float64Array.from([recordHeader(RECORD.HOST, 4, 1, 0), run.addKernelOp({ call, pid: 0 })]);
      run.run(records, records.length);
    };
    host('process');
    host('switchTo');
    const records = round(run);
    const rounds = 100;
    const work = (): void => {
      for (let i = 0; i < rounds; i++) run.run(records, records.length);
    };
    const before = run.result();
    run.run(records, records.length);
    run.run(records, records.length);
    const after = run.result();
    const faultsOf = ({ exits }: typeof after): number => exits['EXCEPTION_NMI'] ?? 0;
    const accesses = (after.accesses - before.accesses) / 2;
    const faults = (faultsOf(after) - faultsOf(before)) / 2;
    const value = rate(rounds * accesses, work);
    const row = (what: string, share: number): Row => ({
      name: `${what}, ${name}`,
      rate: value * share,
      bound: null,
      aim: 0,
      unit: 'M/s',
    });
    const served = row('guest-kernel instructions', 1);
    return faults === 0 ? [served] : [served, row('page faults that exit', faults / accesses)];
  });
}
