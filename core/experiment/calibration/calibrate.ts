import { err, ok, type Result } from '../../base/result.ts';
import type { Cited, CpuModel } from '../../cost/cpu-model.ts';
import { findCpuModel } from '../../cost/cpu-models.ts';
import type { StepName } from '../../cost/steps.ts';
import type { Bounds } from '../pricing.ts';
import type { Configuration } from '../result.ts';
import { type Equation, type Fit, fitPrices } from './fit.ts';
import type { Measured, MeasuredRow } from './measured-rows.ts';
import { exitTestPath } from './unit-test-exits.ts';

/** What the user knows of the machine that was measured. */
export interface Host {
  readonly name: string;
  readonly cpu: string;
  readonly microcode: string;
  readonly kernel: string;
  readonly mitigations: string;
  /** Of the TSC. */
  readonly ghz: number;
}

export interface Calibration {
  readonly host: Host;
  /** The CPU model whose prices were the priors. */
  readonly base: string;
  /** Configuration on which the rows were modelled. */
  readonly configuration: Configuration;
  readonly fit: Fit;
  /** Prices of every step: fitted where a row says something, the base's elsewhere. */
  readonly prices: CpuModel['prices'];
  /** The rows as equations, to tell later whether a prediction lies within what was measured. */
  readonly equations: readonly Equation[];
}

/** A measurement is never trusted further than this part of itself. */
const LEAST_ERROR = 0.01;

/** What tracing adds to each exit seen by the host's clock: estimate, 50 to 400 cycles. */
const TRACING: Bounds = { value: 150, low: 50, high: 400 };

/** Steps outside the host's clock: before the exit's tracepoint and after the entry's. */
const OUTSIDE_HOST_CLOCK = /^(guest\.|walk\.|hw\.vmexit$|hw\.vmentry$|mitigation\.(l1d_flush|verw))/;

/** Fits a CPU model named after a host to what was measured there, from a base model's prices and ranges. A sentence when a row cannot be modelled. */
export function calibrate(measured: Measured, host: Host, configuration: Configuration): Result<Calibration> {
  const base = findCpuModel(configuration.cpu);
  if (!base.ok) return base;
  const equations: Equation[] = [];
  for (const row of measured.rows) {
    const path = exitTestPath(row.test, configuration);
    if (!path.ok) return err(`line ${row.line}: ${row.test}: ${path.error}`);
    const times = new Map<StepName, number>();
    for (const [step, count] of path.value.steps) {
      if (row.clock === 'host' && OUTSIDE_HOST_CLOCK.test(step)) continue;
      times.set(step as StepName, (times.get(step as StepName) ?? 0) + count);
    }
    const traced = row.clock === 'host' ? TRACING.value : 0;
    const { mean, sigma } = spreadOf(row, host.ghz);
    const slack = row.clock === 'host' ? (TRACING.high - TRACING.low) / 4 : 0;
    equations.push({ name: row.test, times, measured: mean - traced, sigma: Math.hypot(sigma, slack) });
  }
  const priors = new Map(Object.entries(base.value.prices).map(([step, price]) => [step as StepName, price as Bounds]));
  const fit = fitPrices(equations, priors);
  return ok({ host, base: base.value.id, configuration, fit, prices: pricesOf(base.value, fit, host), equations });
}

/** Mean and standard deviation of a row, in cycles. */
function spreadOf({ values, unit, error }: MeasuredRow, ghz: number): { mean: number; sigma: number } {
  const cycles = values.map((value) => (unit === 'ns' ? value * ghz : value));
  const mean = cycles.reduce((sum, value) => sum + value, 0) / cycles.length;
  const variance =
    cycles.length < 2
      ? 0
      : cycles.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (cycles.length - 1) / cycles.length;
  return { mean, sigma: Math.max(Math.sqrt(variance), mean * error, mean * LEAST_ERROR) };
}

/** The base's prices with the fitted ones in their place, each saying so. A fitted price is derived; what no row told stays as it was. */
function pricesOf(base: CpuModel, fit: Fit, host: Host): CpuModel['prices'] {
  const prices: Record<string, Cited> = { ...base.prices };
  for (const { step, prior, value, sigma, learned, held } of fit.prices) {
    const old = base.prices[step];
    if (held) {
      const source = `held at 0 by the fit to ${host.name}, whose rows asked for less than nothing; before: ${old.value}, ${old.source}`;
      prices[step] = { value: 0, low: 0, high: prior.high, kind: 'estimated', source };
    }
    if (learned < 0.01) continue;
    prices[step] = {
      value,
      low: Math.max(0, value - 2 * sigma),
      high: value + 2 * sigma,
      kind: learned >= 0.5 ? 'derived' : 'estimated',
      source: `fitted to ${host.name} (${Math.round(learned * 100)} % of its uncertainty removed); before: ${old.value}, ${old.source}`,
    };
  }
  return prices as CpuModel['prices'];
}
