import { calibrate, parseConfigurations, readMeasured } from '../../core/index.ts';
import type { Calibration, Host, Measured, Result } from '../../core/index.ts';

/** Where a fit begins: a CPU model, and the kernel version to model. */
export interface FitStart {
  readonly base: string;
  readonly kernel: string;
}

/** Fits a host's prices to the text of its own figures, or says why that cannot be: `line 3: ...` where a row is at fault. */
export function fitHost(
  text: string,
  host: Host,
  { base, kernel }: FitStart,
): Result<{ readonly calibration: Calibration; readonly measured: Measured }> {
  const chosen = parseConfigurations({
    cpus: [base],
    designs: ['userspace'],
    kernels: [kernel],
    mitigations: [host.mitigations],
  });
  if (!chosen.ok) return chosen;
  const measured = readMeasured(text);
  if (!measured.ok) return measured;
  const calibration = calibrate(measured.value, host, chosen.value[0]!);
  return calibration.ok
    ? { ok: true, value: { calibration: calibration.value, measured: measured.value } }
    : calibration;
}
