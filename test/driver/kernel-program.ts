import fc from 'fast-check';
import { OP } from '../../core/guest/instruction.ts';
import type { Prot } from '../../core/guest/kernel/ops.ts';
import type { KernelDriver } from './kernel-driver.ts';
import { PlainModel } from './kernel-model.ts';

const PIDS = [0, 1, 2, 3] as const;

/** A run of pages that programs map and access. */
interface Run {
  readonly first: number;
  readonly pages: number;
}

/** Two short runs, in two leaf tables of each mode; and one that holds huge pages of each mode. */
const SMALL: readonly Run[] = [
  { first: 0x10000, pages: 8 },
  { first: 0x20400, pages: 8 },
];
const LARGE: readonly Run[] = [
  { first: 0x10000, pages: 4 },
  { first: 0x40000, pages: 2048 },
];

/**
 * Steps of a program. Numbers choose among what there is when the step is carried out: `at` among the processes that live, `page` among the
 * pages that are mapped (or free, for mmap), so that most steps do something.
 */
type Of<K extends string, T = object> = { readonly k: K } & T;
interface Range {
  readonly at: number;
  readonly page: number;
  readonly count: number;
}
interface Place {
  readonly page: number;
  readonly offset: number;
  /** Wherever it is, mapped or not. */
  readonly astray: boolean;
}
export type KernelStep =
  | Of<'process'>
  | Of<'reclaim', { readonly count: number }>
  | Of<'fork' | 'exit' | 'exec' | 'switchTo' | 'age', { readonly at: number }>
  | Of<'promote', { readonly at: number; readonly page: number }>
  | Of<'mmap', Range & { prot: Prot; shared: boolean; file: string | null; populate: boolean }>
  | Of<'munmap', Range>
  | Of<'mprotect', Range & { readonly prot: Prot }>
  | Of<'read', Place & { readonly size: number }>
  | Of<'write', Place & { readonly size: number; readonly value: number }>
  | Of<'fill', Place & { readonly count: number; readonly value: number }>;

const at = fc.nat(3);
const page = fc.nat(0xffff);
const range = { at, page, count: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.constantFrom(511, 512, 1024, 1100)) };
const prot = fc.constantFrom<Prot>('none', 'r', 'rw', 'rw', 'rw', 'rw', 'rwx');
const place = {
  page,
  offset: fc.constantFrom(0, 0, 8, 64, 4088, 4092, 4095),
  astray: fc.nat(9).map((n) => n === 0),
};
const size = fc.constantFrom(1, 2, 4, 8);
const value = fc.integer({ min: 1, max: 0xffff });
const only = <K extends string>(k: K) => fc.constant(k);

const STEPS: readonly { weight: number; arbitrary: fc.Arbitrary<KernelStep> }[] = [
  { weight: 1, arbitrary: fc.record({ k: only('process') }) },
  { weight: 1, arbitrary: fc.record({ k: only('reclaim'), count: fc.nat(8) }) },
  { weight: 1, arbitrary: fc.record({ k: fc.constantFrom('exit', 'exec'), at }) },
  { weight: 3, arbitrary: fc.record({ k: only('fork'), at }) },
  { weight: 2, arbitrary: fc.record({ k: only('age'), at }) },
  { weight: 6, arbitrary: fc.record({ k: only('switchTo'), at }) },
  {
    weight: 4,
    arbitrary: fc.record({
      k: only('mmap'),
      ...range,
      prot,
      shared: fc.boolean(),
      file: fc.constantFrom(null, null, 'a', 'b'),
      populate: fc.nat(3).map((n) => n === 0),
    }),
  },
  { weight: 1, arbitrary: fc.record({ k: only('munmap'), ...range }) },
  { weight: 2, arbitrary: fc.record({ k: only('mprotect'), ...range, prot }) },
  { weight: 10, arbitrary: fc.record({ k: only('read'), ...place, size }) },
  { weight: 14, arbitrary: fc.record({ k: only('write'), ...place, size, value }) },
  { weight: 1, arbitrary: fc.record({ k: only('fill'), ...place, count: fc.integer({ min: 1, max: 1200 }), value }) },
];

const BEGIN: readonly KernelStep[] = [
  { k: 'process' },
  { k: 'switchTo', at: 0 },
  { k: 'mmap', at: 0, page: 0, count: 6, prot: 'rw', shared: false, file: null, populate: false },
];

/** Programs that begin with a process that runs and has memory of its own. */
export const kernelPrograms: fc.Arbitrary<readonly KernelStep[]> = fc
  .array(fc.oneof(...STEPS), { minLength: 10, maxLength: 80, size: 'max' })
  .map((steps) => [...BEGIN, ...steps]);

/** The same with huge pages: for `runProgram` with `huge`. */
export const hugePrograms: fc.Arbitrary<readonly KernelStep[]> = fc
  .array(fc.oneof(...STEPS, { weight: 4, arbitrary: fc.record({ k: only('promote'), at, page }) }), {
    minLength: 10,
    maxLength: 30,
    size: 'max',
  })
  .map((steps) => [
    ...BEGIN,
    { k: 'mmap', at: 0, page: 4, count: 1024, prot: 'rw', shared: false, file: null, populate: false },
    { k: 'mmap', at: 0, page: 4 + 1024, count: 1024, prot: 'rw', shared: false, file: null, populate: true },
    ...steps,
  ]);

/** Carries a program out on a machine and on the plain model. Returns what differs, as text; empty when nothing does. */
export function runProgram(kernel: KernelDriver, steps: readonly KernelStep[], huge = false): string[] {
  const run = new ProgramRun(kernel, huge);
  const found = steps.flatMap((step, n) => {
    kernel.d.at(n + 1);
    const wrong = run.carryOut(step);
    return wrong === null ? [] : [`step ${n + 1}, ${JSON.stringify(step)}: ${wrong}`];
  });
  return [...found, ...run.readAll()];
}

class ProgramRun {
  private readonly kernel: KernelDriver;
  private readonly model = new PlainModel();
  private readonly huge: boolean;
  private readonly runs: readonly Run[];

  constructor(kernel: KernelDriver, huge: boolean) {
    this.kernel = kernel;
    this.huge = huge;
    this.runs = huge ? LARGE : SMALL;
  }

  carryOut(step: KernelStep): string | null {
    const { kernel, model } = this;
    if (step.k === 'read' || step.k === 'write' || step.k === 'fill')
      return model.running < 0 ? null : this.access(step);
    const free = PIDS.find((pid) => !model.isAlive(pid));
    if (step.k === 'reclaim') kernel.os({ call: 'reclaim', pages: step.count });
    else if (step.k === 'process') {
      if (free === undefined) return null;
      model.start(free);
      kernel.os({ call: 'process', pid: free });
    } else {
      const alive = PIDS.filter((pid) => model.isAlive(pid));
      const pid = alive[step.at % alive.length];
      if (pid !== undefined) this.onProcess(step, pid, free);
    }
    return null;
  }

  /** Every process reads what it has mapped. */
  readAll(): string[] {
    const { kernel, model } = this;
    const found: string[] = [];
    for (const pid of PIDS) {
      if (!model.isAlive(pid)) continue;
      this.onProcess({ k: 'switchTo', at: pid }, pid, undefined);
      for (const page of this.mapped(pid)) {
        if (this.huge && page % 128 !== 0 && !model.wasWritten(pid, page)) continue;
        for (const offset of [0, 8, 64, 4088]) {
          const wrong = this.readOne(page * 4096 + offset, 8);
          if (wrong !== null) found.push(`at the end, process ${pid}, page 0x${page.toString(16)}: ${wrong}`);
        }
      }
    }
    kernel.d.at(0);
    return found;
  }

  private readOne(address: number, size: number): string | null {
    const bytes = this.model.read(address, size);
    const wanted = bytes === null ? undefined : numberOf(bytes);
    const got = this.kernel.d.read(size, address);
    return got === wanted ? null : `read ${got}, not ${wanted}`;
  }

  private onProcess(
    step: Exclude<KernelStep, Of<'read' | 'write' | 'fill' | 'process' | 'reclaim'>>,
    pid: number,
    free: number | undefined,
  ): void {
    const { kernel, model } = this;
    switch (step.k) {
      case 'fork':
        if (free === undefined) return;
        model.fork(pid, free);
        kernel.os({ call: 'fork', pid, child: free });
        return;
      case 'exit':
      case 'exec':
        model[step.k](pid);
        kernel.os({ call: step.k, pid });
        return;
      case 'switchTo':
        model.running = pid;
        kernel.os({ call: 'switchTo', pid });
        return;
      case 'age':
        kernel.os({ call: 'age', pid });
        return;
      case 'promote': {
        const pages = this.mapped(pid);
        if (pages.length === 0) return;
        const gva = BigInt(pages[step.page % pages.length]!) * 4096n;
        kernel.os({ call: 'promote', pid, gva });
        return;
      }
      case 'mmap': {
        const first = this.pageNumber(step.page);
        const count = this.extent(pid, first, step.count, false);
        if (count === 0) return;
        const { prot: rights, shared, file, populate } = step;
        model.map(pid, first, count, rights, shared, file);
        // Among huge pages `populate` says that small ones must do, until khugepaged comes.
        const large = this.huge && !populate && !shared && file === null;
        const fill = populate && !this.huge;
        kernel.mmap(pid, first * 4096, count * 4096, { prot: rights, shared, file, populate: fill, huge: large });
        return;
      }
      case 'munmap':
      case 'mprotect': {
        const pages = this.mapped(pid);
        const first = pages[step.page % pages.length];
        if (first === undefined) return;
        const count = this.extent(pid, first, step.count, true);
        if (step.k === 'munmap') {
          model.unmap(pid, first, count);
          kernel.munmap(pid, first * 4096, count * 4096);
          return;
        }
        model.protect(pid, first, count, step.prot);
        const gva = BigInt(first) * 4096n;
        kernel.os({ call: 'mprotect', pid, gva, size: BigInt(count) * 4096n, prot: step.prot });
      }
    }
  }

  private access(step: Extract<KernelStep, { k: 'read' | 'write' | 'fill' }>): string | null {
    const { model } = this;
    const { d } = this.kernel;
    const pages = this.mapped(model.running);
    const chosen = step.astray ? undefined : pages[step.page % pages.length];
    const address = (chosen ?? this.pageNumber(step.page)) * 4096 + step.offset;
    if (step.k === 'read') return this.readOne(address, step.size);
    let done = true;
    if (step.k === 'write') {
      done = model.write(address, bytesOf(step.value, step.size));
      d.write(step.size, address, BigInt.asUintN(step.size * 8, BigInt(step.value)));
    } else {
      for (let i = 0; i < step.count && done; i++) done = model.write(address + i * 8, bytesOf(step.value, 8));
      d.insn(OP.STOS, 8, address, step.value, step.count);
    }
    return (d.fault === null) === done ? null : done ? 'faulted' : 'did not fault';
  }

  private mapped(pid: number): number[] {
    return [...(this.model.processes.get(pid)?.keys() ?? [])].sort((a, b) => a - b);
  }

  /** Pages from `first` on, at most `count`, that are all mapped or all free, and in one run. */
  private extent(pid: number, first: number, count: number, mapped: boolean): number {
    const pages = this.model.processes.get(pid)!;
    const run = this.runs.find((one) => first >= one.first && first < one.first + one.pages)!;
    let n = 0;
    while (n < count && first + n < run.first + run.pages && pages.has(first + n) === mapped) n++;
    return n;
  }

  /** A page of the runs, by a number. */
  private pageNumber(page: number): number {
    let left = page % this.runs.reduce((sum, { pages }) => sum + pages, 0);
    for (const { first, pages } of this.runs) {
      if (left < pages) return first + left;
      left -= pages;
    }
    return 0;
  }
}

const bytesOf = (number: number, length: number): number[] =>
  Array.from({ length }, (_, i) => Math.floor(number / 256 ** i) % 256);

const numberOf = (bytes: readonly number[]): bigint =>
  bytes.reduce((sum, byte, i) => sum + (BigInt(byte) << BigInt(8 * i)), 0n);
