import { unknownName } from '../../base/closest.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { EXIT_TESTS } from './unit-test-exits.ts';

/** What a clock saw: the whole round trip as the guest sees it, or the time from the exit to the entry in the host's tracepoints. */
export type Clock = 'guest' | 'host';

/** A number of the user's, with the place it was read at. */
export interface MeasuredRow {
  /** Name of an exit test of the model. */
  readonly test: string;
  /** Cycles, or nanoseconds where `unit` says so. One value a run. */
  readonly values: readonly number[];
  readonly unit: 'cycles' | 'ns';
  readonly clock: Clock;
  /** Line of the input, from 1. */
  readonly line: number;
  /** Relative standard error that the source itself printed, 0 when it printed none. */
  readonly error: number;
}

export interface Measured {
  readonly rows: readonly MeasuredRow[];
  /** Lines that were understood but carry nothing the model can use, with the reason. */
  readonly unused: readonly { readonly line: number; readonly why: string }[];
}

type Refusal = Result<never>;
const refuse = (line: number, why: string): Refusal => err(`line ${line}: ${why}`);

/** Quoting of mail, and blanks at the end. */
const clean = (line: string): string => line.replace(/^(\s*>)+\s?/, '').trimEnd();

/** Reads whatever of the known formats the text is, by its own lines. */
export function readMeasured(text: string): Result<Measured> {
  const lines = text.split(/\r?\n/).map(clean);
  if (lines.some((line) => /^\s*VM-EXIT\s+Samples/.test(line) || /^\s*Event name\s+Samples/.test(line)))
    return readPerfKvmStat(lines);
  return readTests(lines);
}

/** Names of vmexit.flat that the model cannot run, so that they are told apart from mistakes. */
const OTHER_TESTS =
  /^(mov_(from|to)_cr8|ipi.*|x2apic_.*|self_ipi.*|ple_round_robin|wr_.*|wrmsr.*|rdmsr.*|tscdeadline.*|toggle_.*|invpcid.*|hypercall|apic.*|eoi|nop|l1-.*)$/;

/**
 * `name cycles`, a line a test: the output of kvm-unit-tests' vmexit.flat, of one run or of several after each other, or pairs typed by hand. `name 1.2 us` and `name 400 ns` are
 * taken too, but not mixed with cycles.
 */
function readTests(lines: readonly string[]): Result<Measured> {
  const rows = new Map<string, MeasuredRow>();
  const unused: { line: number; why: string }[] = [];
  let device = '';
  let unit: MeasuredRow['unit'] | null = null;
  for (const [n, line] of lines.entries()) {
    const at = n + 1;
    if (
      line.trim() === '' ||
      /^\s*#/.test(line) ||
      /^(enabling apic|paging enabled|cr[034] = |SeaBIOS|timeout|pci-testdev at|PASS|SKIP|BUILD_HEAD)/i.test(line)
    )
      continue;
    if (/^[\w-]+:$/.test(line)) {
      device = line;
      continue;
    }
    const [, name = '', number = '', suffix = ''] =
      /^\s*([A-Za-z][\w-]*(?::[\w-]*[A-Za-z][\w-]*)?)[\s=,:]+(-?[\d.,]+(?:e[+-]?\d+)?)\s*(cycles|cyc|ns|us|µs)?\s*$/i.exec(
        line,
      ) ?? [];
    if (name === '') {
      if (/\((skipped|not supported)\)\s*$/.test(line)) {
        unused.push({ line: at, why: 'the test was skipped' });
        continue;
      }
      return refuse(at, `'${line.trim().slice(0, 60)}' is no test with its cycles, such as 'cpuid 1098'`);
    }
    // A comma parts thousands; a decimal one would be read as a time ten or a thousand times as long.
    if (number.includes(',') && !/^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(number))
      return refuse(at, `'${number}' is no number: a comma stands between thousands (1,098), a point before decimals`);
    const value = Number(number.replaceAll(',', ''));
    if (!Number.isFinite(value)) return refuse(at, `'${number}' is no number`);
    if (value <= 0) return refuse(at, `${name} cannot take ${number} cycles: a time is more than 0`);
    const test = EXIT_TESTS[name] === undefined && device !== '' ? `${device}${name}` : name;
    if (EXIT_TESTS[test] === undefined) {
      if (OTHER_TESTS.test(name)) {
        unused.push({ line: at, why: `${name} is no single exit that the model can run` });
        continue;
      }
      return refuse(at, unknownName('test', name, Object.keys(EXIT_TESTS)));
    }
    const here: MeasuredRow['unit'] = /^(ns|us|µs)$/i.test(suffix) ? 'ns' : 'cycles';
    if (unit !== null && unit !== here) return refuse(at, `units are mixed: ${here} here, ${unit} before`);
    unit = here;
    const scaled = /^(us|µs)$/i.test(suffix) ? value * 1000 : value;
    const known = rows.get(test);
    rows.set(test, {
      test,
      values: [...(known?.values ?? []), scaled],
      unit: here,
      clock: 'guest',
      line: known?.line ?? at,
      error: 0,
    });
  }
  if (rows.size === 0) return err('there is no test with its cycles in it, such as "cpuid 1098"');
  return ok({ rows: [...rows.values()], unused });
}

/** Exit reasons of `perf kvm stat` that stand for one thing only. Which device a port or an MMIO exit went to, the table does not say. */
const REASONS: Readonly<Record<string, string>> = {
  CPUID: 'cpuid',
  VMCALL: 'vmcall',
  VMMCALL: 'vmcall',
  cpuid: 'cpuid',
  vmmcall: 'vmcall',
};

/**
 * The tables of `perf kvm stat report`, the old one (microseconds, `Avg time`) and that of 2023 (nanoseconds, `Mean Time (ns)`), by their headings. Its
 * clock runs from the exit's tracepoint to the entry's: the hardware exit and entry are not in it.
 */
function readPerfKvmStat(lines: readonly string[]): Result<Measured> {
  const rows: MeasuredRow[] = [];
  const unused: { line: number; why: string }[] = [];
  let scale = 0;
  for (const [n, line] of lines.entries()) {
    const at = n + 1;
    if (/^\s*VM-EXIT\s+Samples/.test(line)) {
      scale = 1000;
      continue;
    }
    if (/^\s*Event name\s+Samples/.test(line)) {
      scale = /\(us\)/.test(line) ? 1000 : 1;
      continue;
    }
    const [, reason = '', rest = ''] = /^\s*([A-Za-z][\w-]*)\s+(\d.*)$/.exec(line) ?? [];
    if (reason === '' || scale === 0 || /^(Total|Analyze|Lost|unknown)/.test(reason)) continue;
    const average =
      scale === 1000 ? /([\d.]+)us(?:\s*\(\s*\+-\s*([\d.]+)%\s*\))?\s*$/.exec(rest) : /([\d.]+)\s*$/.exec(rest);
    if (average === null) return refuse(at, `${reason} has no mean time at its end`);
    const value = Number(average[1]) * (scale === 1000 ? 1000 : 1);
    if (!(value > 0)) return refuse(at, `${reason} cannot take ${average[1]!}: a time is more than 0`);
    const test = REASONS[reason];
    if (test === undefined) {
      unused.push({
        line: at,
        why: reason === 'HLT' || reason === 'hlt' ? 'HLT is idle time' : `${reason} stands for more than one path`,
      });
      continue;
    }
    rows.push({ test, values: [value], unit: 'ns', clock: 'host', line: at, error: Number(average[2] ?? 0) / 100 });
  }
  if (rows.length === 0) return err('the table has no exit reason that stands for one path (CPUID, VMCALL, VMMCALL)');
  return ok({ rows, unused });
}
