import { compileScript } from '../../host/sandbox/compile/compile.ts';
import { DEFAULT_LIMITS } from '../../host/sandbox/limits.ts';
import type { MachinePort } from '../../host/sandbox/machine-port.ts';
import { Session } from '../../host/sandbox/session.ts';
import type { Row } from './measure.ts';

const RECORDS = 2_000_000;

/** A machine that does nothing: what remains is the script, the records and their check. */
const idle: MachinePort = {
  addHostOp: () => 0,
  addPhase: () => 0,
  addKernelOp: () => 0,
  vmstat: () => null,
  run: () => {},
  resultHi: 0,
  resultLo: 7,
  lastErrno: 0,
  lastFault: { vector: -1, errorCode: 0, hi: 0, lo: 0 },
  stop: false,
};

/** Millions of records a CPU second of a live loop with this body; the best of a few sessions, because each is a cold engine. */
async function liveRate(body: string, records: number): Promise<number> {
  const text = `scenario({ title: 'bench', guest(cpu) { for (let i = 0; i < ${RECORDS}; i++) { ${body} } } });`;
  const compiled = compileScript(text, 'bench.ts');
  if (!compiled.ok) throw new Error(compiled.error[0]!.message);
  let best = 0;
  for (let round = 0; round < 4; round++) {
    const session = await Session.open(compiled.value, {
      seed: 1,
      limits: DEFAULT_LIMITS,
      hostPage: '4K',
      onMessage: () => {},
      onProgress: () => {},
    });
    if (!session.ok || !session.value.setup().ok) throw new Error('the script did not start');
    const before = process.cpuUsage();
    if (!session.value.guest(idle).ok) throw new Error('the script did not end');
    const { user, system } = process.cpuUsage(before);
    best = Math.max(best, (RECORDS * records) / (user + system));
  }
  return best;
}

/** Live script records: plain stores, stores of bigints, and loads whose value decides. */
export async function scriptRows(): Promise<Row[]> {
  const rows: readonly (readonly [name: string, body: string, records: number, aim: number])[] = [
    ['live script records, stores', 'cpu.write32(4096 * (i & 255), i);', 1, 4],
    ['live script records, bigint stores', 'cpu.write64(4096 * (i & 255), 1n);', 1, 2],
    ['live script records, loads that decide', 'if (cpu.read32(4096 * (i & 255)) === 1) cpu.write32(0, 1);', 1, 1],
  ];
  const measured: Row[] = [];
  for (const [name, body, records, aim] of rows) {
    measured.push({ name, rate: await liveRate(body, records), bound: null, aim, unit: 'M/s' });
  }
  return measured;
}
