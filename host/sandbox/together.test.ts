import { describe, expect, it } from 'vitest';
import { type Played, play } from '../../test/driver/play-script.ts';

const setup = (vcpus: number): string => `vm.ram({ gpa: 0, size: '1 MiB' }); vm.vcpus(${vcpus});`;

/** Two vCPUs hand a token to and fro through memory. */
const PING_PONG = `cpu.write32(0x1000, 0);
  cpu.together([
    (cpu) => cpu.repeat(10, () => { cpu.spinUntil(0x1000, 0); cpu.write32(0x2000, 7); cpu.write32(0x1000, 1); }),
    (cpu) => cpu.repeat(10, () => { cpu.spinUntil(0x1000, 1); cpu.read32(0x2000); cpu.write32(0x1000, 0); }),
  ]);
  console.log(cpu.read32(0x1000), cpu.read32(0x2000));`;

const played = async (vcpus: number, body: string): Promise<Played> => {
  const result = await play(setup(vcpus), body);
  if (typeof result === 'string') throw new Error(result);
  return result;
};

describe('cpu.together', () => {
  it('runs programs at the same time, and the script goes on when all have ended', async () => {
    const { messages, error, result } = await played(2, PING_PONG);
    expect({ messages, error, problem: result.problem }).toEqual({ messages: ['0 7'], error: null, problem: null });
    expect(result.divergences).toEqual([]);
    const [first, second] = result.timed!.vcpus;
    expect(first!.instructions).toBeGreaterThanOrEqual(30);
    expect(second!.instructions).toBeGreaterThanOrEqual(30);
  });

  it('gives the same result twice', async () => {
    expect((await played(2, PING_PONG)).result).toEqual((await played(2, PING_PONG)).result);
  });

  it('stops a spin loop that nobody can end', async () => {
    const { result } = await played(
      2,
      `cpu.together([
    (cpu) => { cpu.write32(0x1000, 3); },
    (cpu) => { cpu.spinUntil(0x1000, 4); },
  ]);`,
    );
    expect(result.problem).toEqual({ text: 'deadlock: vCPU 1 spins, and nobody is left to change that', line: 3 });
  });

  it('lets the VMM act meanwhile', async () => {
    const { result, messages } = await played(
      2,
      `cpu.together(
    [(cpu) => cpu.repeat(100, () => { cpu.write32(0x1000, 3); }), (cpu) => { cpu.read32(0x3000); }],
    () => { cpu.pause(5000); host.reclaim({ gpa: 0x1000, size: 4096 }); },
  );
  console.log(cpu.read32(0x1000));`,
    );
    expect(messages).toEqual(['3']);
    expect(result.divergences).toEqual([]);
    expect(result.timed!.host[0]!.clock).toBeGreaterThan(5000);
    expect(result.stats['remote_tlb_flush']).toBe(1);
  });

  it.each([
    ['cpu.together([(cpu) => { console.log(cpu.read32(0x1000)); }]);', 'whose programs are recorded before they run'],
    ['cpu.repeat(2, () => { cpu.together([() => {}]); });', 'cpu.together() inside cpu.repeat()'],
    ['cpu.spinUntil(0x1000, 1);', 'it belongs into cpu.together()'],
    ['cpu.together([(cpu) => { cpu.spinUntil(0x1000, 0x1_0000_0000); }]);', 'does not fit in 4 bytes'],
  ])('%s is refused', async (body, text) => {
    expect((await played(1, body)).error).toContain(text);
  });

  it.each([
    ['cpu.together([() => {}, () => {}]);', 'there is no vCPU 1 for this program'],
    ['cpu.together([() => { host.reclaim({ gpa: 0, size: 4096 }); }]);', 'belongs into the second argument'],
    ['cpu.together([() => {}], () => { cpu.read32(0); });', 'holds an instruction of the guest'],
  ])('%s stops the run', async (body, text) => {
    expect((await played(1, body)).result.problem?.text).toContain(text);
  });
});
