/** Rates of the silicon alone, in million instructions per second of CPU time: `node test/bench/cpu.ts [name]`. */
import { bigHi, bigLo } from '../../core/base/words.ts';
import type { CpuConfig } from '../../core/cpu/config.ts';
import { CPU_EXIT } from '../../core/cpu/cpu.ts';
import { OP } from '../../core/guest/instruction.ts';
import { BARE, TestVcpu } from '../driver/vcpu.ts';

const BASE = 0x7f12_3400_0000n;
const STREAM = 1 << 16;

interface Workload {
  readonly vcpu: TestVcpu;
  /** High and low words of the addresses, played round and round. */
  readonly hi: Int32Array;
  readonly lo: Int32Array;
}

let seed = 12345;
function random(bound: number): number {
  seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
  return Math.floor(((seed >>> 0) / 2 ** 32) * bound);
}

function workload(vcpu: TestVcpu, address: (i: number) => bigint): Workload {
  const hi = new Int32Array(STREAM);
  const lo = new Int32Array(STREAM);
  for (let i = 0; i < STREAM; i++) {
    const gva = address(i);
    hi[i] = bigHi(gva);
    lo[i] = bigLo(gva);
  }
  return { vcpu, hi, lo };
}

function mapped(pages: number, config: Partial<CpuConfig> = {}): TestVcpu {
  const vcpu = new TestVcpu({ config });
  for (let n = 0; n < pages; n++) vcpu.page(BASE + BigInt(n) * 4096n);
  return vcpu;
}

const at = (page: number, offset: number): bigint => BASE + BigInt(page) * 4096n + BigInt(offset);

/** Plays the stream `rounds` times; returns million instructions per CPU second. */
function play({ vcpu, hi, lo }: Workload, rounds: number, op: number): number {
  const { cpu, insn, paths } = vcpu;
  insn.clear(op, 4, 0, 0);
  insn.data[0] = 1;
  const before = process.cpuUsage();
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < STREAM; i++) {
      insn.hi = hi[i]!;
      insn.lo = lo[i]!;
      if (cpu.execute(insn) === CPU_EXIT) {
        cpu.enterGuest();
        paths.end();
      } else if (cpu.ended === 0) paths.end();
    }
  }
  const { user, system } = process.cpuUsage(before);
  return (rounds * STREAM) / (user + system);
}

/** A doorbell: a write that ends in an EPT misconfiguration every time. */
function doorbell(config: Partial<CpuConfig>): Workload {
  const vcpu = mapped(1, config);
  const gfn = 1 << 20;
  vcpu.backGuest(gfn);
  vcpu.mapGuest(BASE + 4096n, gfn);
  vcpu.nested!.setEntry(BigInt(gfn) << 12n, 1, config.nested === 'npt' ? 1n | (1n << 47n) : 6n);
  return workload(vcpu, () => at(1, 0));
}

const WORKLOADS: Readonly<Record<string, { rounds: number; op: number; make: () => Workload }>> = {
  'hit, 1 page': { rounds: 300, op: OP.READ, make: () => workload(mapped(1), () => at(0, random(1024) * 4)) },
  'hit, random over 32 pages': {
    rounds: 300,
    op: OP.READ,
    make: () => workload(mapped(32), () => at(random(32), random(1024) * 4)),
  },
  'hit, write, 32 pages': {
    rounds: 200,
    op: OP.WRITE,
    make: () => workload(mapped(32), () => at(random(32), random(1024) * 4)),
  },
  'second-level hit, 512 pages': {
    rounds: 60,
    op: OP.READ,
    make: () => workload(mapped(512), () => at(random(512), random(1024) * 4)),
  },
  'full walk of 24 loads, hot tables': {
    rounds: 20,
    op: OP.READ,
    make: () => workload(mapped(1 << 11, BARE), (i) => at((i * 7) & 2047, 0)),
  },
  'warm walk, 4096 pages': {
    rounds: 20,
    op: OP.READ,
    make: () => workload(mapped(1 << 12), () => at(random(1 << 12), 0)),
  },
  'random over 256 K pages': {
    rounds: 10,
    op: OP.READ,
    make: () => workload(mapped(1 << 18), () => at(random(1 << 18), 0)),
  },
  'exit and entry, EPT misconfiguration': { rounds: 20, op: OP.WRITE, make: () => doorbell({}) },
  'exit and entry, no VPID': { rounds: 10, op: OP.WRITE, make: () => doorbell({ vpid: false }) },
  'exit and entry, NPT reserved bit': {
    rounds: 20,
    op: OP.WRITE,
    make: () => doorbell({ nested: 'npt', maxphyaddr: 46 }),
  },
  'warm walk, 4096 pages, NPT': {
    rounds: 20,
    op: OP.READ,
    make: () => workload(mapped(1 << 12, { nested: 'npt' }), () => at(random(1 << 12), 0)),
  },
  'hit, random over 32 pages, NPT': {
    rounds: 200,
    op: OP.READ,
    make: () => workload(mapped(32, { nested: 'npt' }), () => at(random(32), random(1024) * 4)),
  },
  mix: {
    rounds: 80,
    op: OP.READ,
    make: () => {
      const vcpu = mapped(1 << 14);
      return workload(vcpu, () => {
        const dice = random(1000);
        if (dice < 850) return at(random(24), random(1024) * 4);
        return dice < 982 ? at(32 + random(400), random(1024) * 4) : at(1024 + random(15_000), random(1024) * 4);
      });
    },
  },
};

const only = process.argv[2];
for (const [name, { rounds, op, make }] of Object.entries(WORKLOADS)) {
  if (only !== undefined && !name.includes(only)) continue;
  const load = make();
  play(load, Math.ceil(rounds / 4), op);
  const rates = Array.from({ length: 5 }, () => play(load, rounds, op)).sort((a, b) => a - b);
  console.log(
    `${name.padEnd(36)} ${rates[2]!.toFixed(1).padStart(7)} M/s   (${rates[0]!.toFixed(1)} to ${rates[4]!.toFixed(1)})`,
  );
}
