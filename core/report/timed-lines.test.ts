import { expect, it } from 'vitest';
import { play } from '../../test/driver/play-script.ts';
import { findCpuModel, type RunView } from '../index.ts';
import { PLAIN } from './style.ts';
import { timedLines } from './timed-lines.ts';

const BODY = 'cpu.together([(cpu) => cpu.pause(100_000), (cpu) => cpu.pause(100_000)]);';

async function lines(switches: Record<string, number>): Promise<string[]> {
  const played = await play(`vm.ram({ gpa: 0, size: '1 MiB' }); vm.vcpus(2);`, BODY, { switches });
  const model = findCpuModel('sapphire-rapids');
  if (typeof played === 'string' || !model.ok) throw new Error('no run');
  return timedLines({ result: played.result, model: model.value } as RunView, PLAIN);
}

it('vCPUs that share a CPU are shown with what the scheduler did to them, and with what they waited for it', async () => {
  const text = await lines({ hostCpus: 1, hostSliceUs: 10 });
  expect(text).toContain('2 vCPUs on 1 CPU of the host');
  expect(text.find((line) => line.startsWith('  who     preempted'))).toMatch(/slept +moved +waited for a CPU$/);
  expect(text.filter((line) => /^ {2}vCPU \d +schedule +sleeps/.test(line))).toHaveLength(2);
  expect(text).toContain('  Busy: 100 % of the time.');
});

it('nothing is said of CPUs of the host where each vCPU has one', async () => {
  expect((await lines({})).join('\n')).not.toMatch(/preempted|of the host/);
});
