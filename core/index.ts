/** The only door of the core: what hosts, scenarios and the window may use. */
export { closest, unknownName } from './base/closest.ts';
export { err, ok } from './base/result.ts';
export type { Result } from './base/result.ts';
export { wordsToBig } from './base/words.ts';
export type { Cited, CpuModel, Kind } from './cost/cpu-model.ts';
export { cpuModels, findCpuMachine, findCpuModel, splitCpu } from './cost/cpu-models.ts';
export { MITIGATIONS, parseMitigations } from './cost/mitigations.ts';
export { STAGES, STEPS } from './cost/steps.ts';
export type { Stage } from './cost/steps.ts';
export { applyDesign } from './design/apply.ts';
export type { Design } from './design/design.ts';
export { designs, findDesign, findKernel, kernels } from './design/registry.ts';
export { EVENT_ROWS } from './events/kinds.ts';
export type { EventColumns, RecordedEvent } from './events/recorder.ts';
export {
  contradictions,
  DEFAULT_CPUS,
  DEFAULT_KERNEL,
  flavourOf,
  nameConfigurations,
  parseConfigurations,
} from './experiment/configurations.ts';
export type { Selection } from './experiment/configurations.ts';
export { percentile, priceResult } from './experiment/pricing.ts';
export { pricePhases } from './experiment/phases.ts';
export type { Bounds, PricedPath, PricedResult } from './experiment/pricing.ts';
export type { Configuration, PathResult, RunResult, TimedResult, VcpuResult } from './experiment/result.ts';
export type { PricedRun } from './experiment/priced-run.ts';
export { ACCESS_KINDS } from './experiment/uncertainty/access-kinds.ts';
export { bisect } from './experiment/uncertainty/break-even.ts';
export { breakEvenKind, breakEvenShare } from './experiment/uncertainty/break-even-share.ts';
export type { PriceBreakEven } from './experiment/uncertainty/break-even.ts';
export type { ShareBreakEven } from './experiment/uncertainty/break-even-share.ts';
export { calibrate } from './experiment/calibration/calibrate.ts';
export { calibratedModel, priceCalibrated } from './experiment/calibration/calibrated-prices.ts';
export type { SavedCalibration } from './experiment/calibration/calibrated-prices.ts';
export type { Calibration, Host } from './experiment/calibration/calibrate.ts';
export { readMeasured } from './experiment/calibration/measured-rows.ts';
export type { Measured } from './experiment/calibration/measured-rows.ts';
export { markPrediction } from './experiment/calibration/prediction-mark.ts';
export type { PredictionMark } from './experiment/calibration/prediction-mark.ts';
export { claims } from './experiment/claims/claims.ts';
export { UNCOVERED } from './experiment/claims/worded-claims.ts';
export type { DifferingChoice } from './experiment/uncertainty/choices-that-differ.ts';
export { comparePair } from './experiment/uncertainty/compare.ts';
export type { Comparison } from './experiment/uncertainty/compare.ts';
export { Draws } from './experiment/uncertainty/draws.ts';
export type { DrawOptions } from './experiment/uncertainty/draws.ts';
export { pairWarnings } from './experiment/uncertainty/pair-warnings.ts';
export type { Compared } from './experiment/uncertainty/pair-warnings.ts';
export { pairsOf } from './experiment/uncertainty/pairs.ts';
export type { Pair, SeedRuns } from './experiment/uncertainty/pairs.ts';
export { drawnPriceLists, endOf } from './experiment/uncertainty/reruns.ts';
export type { Reruns } from './experiment/uncertainty/reruns.ts';
export type { Sensitivity } from './experiment/uncertainty/sensitivity.ts';
export type { Verdict, VerdictWord } from './experiment/uncertainty/verdict.ts';
export { prepare, Run } from './experiment/run.ts';
export { SWITCHES } from './experiment/switches.ts';
export { HOST_THREAD, HOST_THREADS, PARALLEL } from './guest/parallel.ts';
export { OP } from './guest/instruction.ts';
export { GEOMETRY } from './guest/kernel/geometry.ts';
export type { KernelOp, MmapOp, Prot } from './guest/kernel/ops.ts';
export { ARGS_UNIT, LINE_UNIT, RECORD, recordHeader, SIZE_UNIT } from './guest/records.ts';
export { PLAIN_RIGHTS } from './guest/setup.ts';
export type {
  CoalescedOp,
  DirtyLogOp,
  DoorbellOp,
  HostOp,
  IoeventfdOp,
  KernelSetupOp,
  MapOp,
  MemslotOp,
  PageSize,
  PagingMode,
  PagingOp,
  PokeOp,
  RamOp,
  ReclaimOp,
  RegistersOp,
  SetupOp,
  UnmapOp,
  VcpusOp,
  WhileInOp,
} from './guest/setup.ts';
export { replayOracle } from './kvm/conformance/tally.ts';
export type { Tally } from './kvm/conformance/tally.ts';
export { differences } from './kvm/policy-differences.ts';
export type { PolicyDifference } from './kvm/policy-differences.ts';
export { WINDOW_NAMES } from './kvm/windows.ts';
export type { WindowName } from './kvm/windows.ts';
export type { MachineState } from './machine/inspect.ts';
export type { LineCount } from './machine/line-counts.ts';
export type { Trace } from './machine/tracer.ts';
export type { DivergenceKind } from './reference/divergence.ts';
export { drawnText } from './report/drawn-text.ts';
export { calibrationText } from './report/calibration-text.ts';
export { claimsPage, claimsText } from './report/claims-text.ts';
export { breakEvenText } from './report/break-even-text.ts';
export { compareText } from './report/compare-text.ts';
export type { LeftOut } from './report/compare-text.ts';
export { difference } from './experiment/difference.ts';
export type { Difference, StepDifference } from './experiment/difference.ts';
export { eventText } from './report/event-text.ts';
export { explainText } from './report/explain-text.ts';
export { compareJson, explainJson, runJson } from './report/json.ts';
export { integer } from './report/numbers.ts';
export { cpusText, designsText, kernelsText } from './report/registry-text.ts';
export { STAGE_PAINT } from './report/stage-paint.ts';
export type { Paint } from './report/stage-paint.ts';
export { LONG_COLUMNS, longRows } from './report/formats/csv.ts';
export type { LongRow } from './report/formats/csv.ts';
export { traceCmdText } from './report/formats/trace-cmd.ts';
export type { TracedRun } from './report/formats/trace-cmd.ts';
export { REPORT_FORMATS } from './report/formats/formats.ts';
export type { ReportFormat } from './report/formats/formats.ts';
export { reportDocument } from './report/report-document.ts';
export type { ReportDocument, ReportInput } from './report/report-document.ts';
export { runText } from './report/run-text.ts';
export { COLOUR, PLAIN } from './report/style.ts';
export type { Style } from './report/style.ts';
export { cut, table, wrap } from './report/table.ts';
export type { RunView, ScenarioView } from './report/view.ts';
export { profilesOf, profileStacks } from './experiment/profile.ts';
export { timedAccount } from './experiment/timed-account.ts';
export type { TimedAccount, VcpuAccount } from './experiment/timed-account.ts';
export type { Profile } from './experiment/profile.ts';
export { profileText } from './report/profile-text.ts';
export { collapsedProfile } from './report/formats/stacks.ts';
