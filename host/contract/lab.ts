import * as v from 'valibot';
import { err, ok, type Result } from '../../core/index.ts';
import { calibrationAsked, calibrationMade } from './calibration.ts';
import { cpuFile } from './cpu-file.ts';
import { historyAsked, historyChange, historyFound, historyRow, runNumber } from './history.ts';
import { inspection } from './inspection.ts';
import { configuration, count, finite } from './result.ts';
import type { Frozen } from './same-type.ts';
import { failure, MOST_CONFIGURATIONS, outcome, resultFile, runOptions, scriptText, storedRun } from './stored.ts';

/**
 * The one contract between a window and the lab behind it, whatever carries the messages. A call is `{ method, params }` and is answered by
 * `{ ok: true, reply }` or `{ ok: false, failure }`; events come on their own. Both sides check what arrives.
 */
export const LAB_VERSION = 1;

const id = v.pipe(v.string(), v.regex(/^[\w.:-]{1,80}$/, 'an id has 1 to 80 letters, digits or . : _ -'));
const path = v.pipe(v.string(), v.nonEmpty(), v.maxLength(4096));
const largeText = v.pipe(v.string(), v.maxLength(64 * 1024 * 1024));
const nothing = v.strictObject({});
const done = v.object({});
/** Milliseconds since 1970, as files have them. */
const moment = v.pipe(finite, v.minValue(0));

const fileStamp = v.object({ path, name: v.string(), modified: moment });
export const draft = v.strictObject({
  /** Stable for one editor: the file's path, or `untitled:1`. */
  key: v.pipe(v.string(), v.nonEmpty(), v.maxLength(4096)),
  /** File it belongs to; null for a text without a file. */
  path: v.nullable(path),
  name: v.pipe(v.string(), v.maxLength(400)),
  text: scriptText.entries.text,
  /** `modified` of the file when it was read, to see a change from outside; null for none. */
  base: v.nullable(moment),
});
/** Names a text, so that two windows see whether they mean the same one. */
const draftVersion = v.nullable(v.string());

/** A sentence for each thing that the next start will not find, because the disk refused it. */
const notKept = v.array(v.string());

const eventsAsked = v.strictObject({
  runId: id,
  index: count,
  from: count,
  count: v.pipe(count, v.maxValue(65_536)),
});

/**
 * A column of numbers that never fall, exactly: each is `start + unit * n`, n being a cell of `data` (little-endian, base64) of so many bits;
 * unsigned numbers in 16 and 32 bits, float64 in 64.
 */
const risingColumn = v.object({
  start: finite,
  unit: v.pipe(finite, v.gtValue(0)),
  bits: v.picklist([16, 32, 64]),
  data: v.string(),
});

/** A report of a start, or of a stored run that was opened, by its id. */
const reportAsked = {
  runId: id,
  /** Id of one of the formats that `report.formats` lists. */
  format: v.pipe(v.string(), v.maxLength(40)),
  /** Name of the configuration to compare with; null: of each CPU the first. */
  baseline: v.nullable(v.pipe(v.string(), v.maxLength(400))),
};

/** Every call: what goes in, what comes back. */
export const LAB_METHODS = {
  /** Who answers, and what it can do. */
  describe: {
    params: nothing,
    reply: v.object({
      version: v.string(),
      schema: count,
      platform: v.object({ host: v.picklist(['electron', 'browser']), os: v.string() }),
      /** File dialogs of the system: without them a path must be given, inside `folder`. */
      dialogs: v.boolean(),
      /** Folder that files are limited to, as the user would write it; null for no limit. */
      folder: v.nullable(v.string()),
      processors: count,
    }),
  },
  /** The scenarios that come with the program. */
  gallery: {
    params: nothing,
    reply: v.array(
      v.object({
        id,
        title: v.string(),
        question: v.string(),
        claims: v.array(v.string()),
        /** What the model answers, in words. */
        says: v.array(v.string()),
        text: v.string(),
        /** What a comparison of it compares by default, as parseConfigurations takes it. */
        selection: v.record(v.string(), v.unknown()),
      }),
    ),
  },
  /** Mistakes of a script, and its scenario's words when there are none. */
  check: {
    params: scriptText,
    reply: v.object({
      diagnostics: v.array(
        v.object({ line: count, column: count, severity: v.picklist(['error', 'warning']), message: v.string() }),
      ),
      scenario: v.nullable(
        v.object({
          title: v.string(),
          question: v.string(),
          claims: v.array(v.string()),
          says: v.array(v.string()),
          selection: v.record(v.string(), v.unknown()),
        }),
      ),
    }),
  },
  /** Starts the script on each configuration; answers at once, the rest comes as events. What ran before with the same input is not run again. */
  start: {
    params: v.strictObject({
      runId: id,
      script: scriptText,
      configurations: v.pipe(v.array(configuration), v.nonEmpty(), v.maxLength(MOST_CONFIGURATIONS)),
      options: runOptions,
    }),
    reply: done,
  },
  /** Ends a start; its open configurations fail as `cancelled`. Nothing happens when it is over. */
  cancel: { params: v.strictObject({ runId: id }), reply: done },
  /**
   * When events of one configuration of a start were, at most 65536 a call: `kind` (8 bits each, base64, index into EVENT_ROWS), `access`
   * (number of the access) and `cycles` (simulated clock).
   */
  'events.read': {
    params: eventsAsked,
    reply: v.object({ from: count, count, total: count, kind: v.string(), access: risingColumn, cycles: risingColumn }),
  },
  /** The arguments of such events: four times 32 bits each, little-endian, base64. */
  'events.arguments': {
    params: eventsAsked,
    reply: v.object({ from: count, count, args: v.string() }),
  },
  /** Runs up to one access and shows it step by step, with the machine before and after. A newer call ends an older one. */
  inspect: {
    params: v.strictObject({ script: scriptText, configuration, access: v.pipe(count, v.minValue(1)) }),
    reply: inspection,
  },
  /** Reads a text file. Path null: the user is asked by a dialog of the system; the reply is null when they decline. */
  'files.open': {
    params: v.strictObject({ path: v.nullable(path) }),
    reply: v.nullable(v.object({ ...fileStamp.entries, text: v.string() })),
  },
  /** Writes a file. `base` not null: only if the file still has that `modified`; else it fails as `changed`. */
  'files.save': {
    params: v.strictObject({ path, text: largeText, base: v.nullable(moment) }),
    reply: fileStamp,
  },
  /** Writes under a new name: asks by a dialog where there is one (`name` is suggested), else `name` is the path. Null when declined. */
  'files.saveAs': {
    params: v.strictObject({ name: path, text: largeText, overwrite: v.boolean() }),
    reply: v.nullable(fileStamp),
  },
  /** Files opened or saved lately, newest first. */
  'files.recent': { params: nothing, reply: v.array(fileStamp) },
  /** Scripts and results below the folder; empty where there is none. */
  'files.list': { params: nothing, reply: v.object({ files: v.array(fileStamp), more: count }) },
  /**
   * Keeps a text that is not saved; text null forgets it. It survives the end of every process. `by` names the window; `seen` is the
   * version that it knows. What another window has put since is not overwritten: that fails as `changed`.
   */
  'drafts.put': {
    params: v.strictObject({ ...draft.entries, text: v.nullable(draft.entries.text), by: id, seen: draftVersion }),
    reply: v.object({ version: draftVersion }),
  },
  'drafts.get': {
    params: nothing,
    reply: v.object({
      drafts: v.array(v.object({ ...draft.entries, version: v.string() })),
      problems: v.array(v.string()),
    }),
  },
  /** Keeps what the window wants to find again: plain JSON of at most 4 MiB. */
  'workspace.put': { params: v.strictObject({ state: v.unknown() }), reply: done },
  /**
   * The kept state, and the last start with its results; null where there is none. `running`: that start is going on, and its events come.
   * `problems`: a sentence for each file that could not be read.
   */
  'workspace.get': {
    params: nothing,
    reply: v.object({
      state: v.unknown(),
      lastRun: v.nullable(storedRun),
      running: v.boolean(),
      problems: v.array(v.string()),
    }),
  },
  /** A start with its results as the text of a result file, to be saved by `files.saveAs`. */
  'results.export': { params: v.strictObject({ runId: id }), reply: v.object({ text: v.string() }) },
  /** Reads the text of a result file and keeps it as the last start; what is too new, damaged or something else fails with a sentence. */
  'results.import': {
    params: v.strictObject({ text: largeText }),
    reply: v.object({ ...resultFile.entries, notKept }),
  },
  /** Stored runs, newest first. */
  'history.list': { params: historyAsked, reply: historyFound },
  /**
   * A stored run as it is opened: under an id of its own (`history:7`), which `report` and `results.export` know from then on. `prices`: id of the CPU
   * model, or name of the calibrated host, at whose prices the counts are shown; null for those it was made with.
   */
  'history.get': {
    params: v.strictObject({ id: runNumber, prices: v.nullable(v.pipe(v.string(), v.maxLength(60))) }),
    reply: resultFile,
  },
  /** Two stored runs as one, to be compared: their configurations side by side, each with its run's number. `notes`: what must be known of that. */
  'history.pair': {
    params: v.strictObject({ a: runNumber, b: runNumber }),
    reply: v.object({ file: resultFile, notes: v.array(v.string()) }),
  },
  /** Sets a run's note or tags. */
  'history.change': { params: historyChange, reply: historyRow },
  /** Deletes runs; they can be had back for 30 days. */
  'history.delete': { params: v.strictObject({ ids: v.pipe(v.array(runNumber), v.nonEmpty()) }), reply: done },
  /** Takes deleted runs back. */
  'history.restore': { params: v.strictObject({ ids: v.pipe(v.array(runNumber), v.nonEmpty()) }), reply: done },
  /** The formats of reports. `text` false: bytes, which cannot be shown and are saved. */
  'report.formats': {
    params: nothing,
    reply: v.array(v.object({ id: v.string(), title: v.string(), extension: v.string(), text: v.boolean() })),
  },
  /** A report as text. */
  'report.text': { params: v.strictObject(reportAsked), reply: v.object({ text: v.string() }) },
  /** Writes a report to a file as `files.saveAs` does. */
  'report.save': {
    params: v.strictObject({ ...reportAsked, name: path, overwrite: v.boolean() }),
    reply: v.nullable(fileStamp),
  },
  /** Fits a CPU model to measured rows. Refused with the line where the rows cannot be. Nothing is kept. */
  calibrate: { params: calibrationAsked, reply: calibrationMade },
  /** Calibrated hosts that are kept: each can be chosen as a CPU, as `base@name`. */
  'cpus.list': { params: nothing, reply: v.object({ cpus: v.array(cpuFile), problems: v.array(v.string()) }) },
  /** Keeps the text of a CPU file, in place of an older one of that name. */
  'cpus.keep': { params: v.strictObject({ text: largeText }), reply: done },
  'cpus.forget': { params: v.strictObject({ name: v.pipe(v.string(), v.regex(/^[\w.-]{1,60}$/)) }), reply: done },
  /** Tells the shell around the window what it shows. `unsaved`: names of texts that a close would lose. */
  'window.put': {
    params: v.strictObject({ title: v.pipe(v.string(), v.maxLength(400)), unsaved: v.array(v.string()) }),
    reply: done,
  },
} as const;

/** Every event. `index` is the configuration's place in the start. */
export const LAB_EVENTS = {
  'run.progress': v.object({ runId: id, index: count, accesses: count, elapsedMs: finite }),
  /** A line of console.log. */
  'run.message': v.object({ runId: id, index: count, text: v.string() }),
  'run.result': v.object({ runId: id, index: count, ...outcome.entries }),
  'run.failed': v.object({ runId: id, index: count, ...failure.entries }),
  'run.done': v.object({ runId: id, cancelled: v.boolean(), elapsedMs: finite, notKept }),
  /** The history is another one; or a run that ended could not be stored, for the reason in `problem`. */
  'history.changed': v.object({ problem: v.nullable(v.string()) }),
  /** Events were missed, after a lost connection: ask `workspace.get` what the last start came to. */
  'lab.lost': v.object({}),
  /** A command of the shell's menu, by its id in the window's palette; `argument` e.g. the path of a recent file. */
  'shell.command': v.object({ command: v.string(), argument: v.nullable(v.string()) }),
} as const;

/** Why a call has no reply. Lines and columns from 1; 0 when there is no place. */
export const labFailure = v.object({
  code: v.picklist([
    /** The message breaks the contract. */
    'bad-message',
    /** A mistake of the script's. */
    'script',
    /** Cannot be done, for the reason in the message. */
    'refused',
    'not-found',
    /** The file was changed by somebody else since it was read. */
    'changed',
    /** The file exists already. */
    'exists',
    'cancelled',
    /** The lab cannot be reached. */
    'unreachable',
    /** A bug. */
    'crashed',
  ]),
  message: v.string(),
  line: count,
  column: count,
});

export type LabMethod = keyof typeof LAB_METHODS;
export type LabParams<M extends LabMethod> = Frozen<v.InferOutput<(typeof LAB_METHODS)[M]['params']>>;
export type LabReply<M extends LabMethod> = Frozen<v.InferOutput<(typeof LAB_METHODS)[M]['reply']>>;
/** Numbers that never fall, as `events.read` sends them. */
export type PackedColumn = Frozen<v.InferOutput<typeof risingColumn>>;
export type LabEventName = keyof typeof LAB_EVENTS;
export type LabEventOf<N extends LabEventName> = Frozen<v.InferOutput<(typeof LAB_EVENTS)[N]>>;
/** `{ name: 'run.done', data: {...} }` and so on. */
export type LabEvent = { [N in LabEventName]: { readonly name: N; readonly data: LabEventOf<N> } }[LabEventName];
export type LabFailure = Frozen<v.InferOutput<typeof labFailure>>;
export type RunOptions = Frozen<v.InferOutput<typeof runOptions>>;
export type ScriptText = Frozen<v.InferOutput<typeof scriptText>>;
export type Outcome = Frozen<v.InferOutput<typeof outcome>>;
export type RunFailure = Frozen<v.InferOutput<typeof failure>>;
export type StoredRun = Frozen<v.InferOutput<typeof storedRun>>;
export type ResultFile = Frozen<v.InferOutput<typeof resultFile>>;
export type Inspection = Frozen<v.InferOutput<typeof inspection>>;
export type StateTable = Inspection['before'][number];
export type HistoryRow = Frozen<v.InferOutput<typeof historyRow>>;
export type CalibrationMade = Frozen<v.InferOutput<typeof calibrationMade>>;
export type Draft = Frozen<v.InferOutput<typeof draft>>;

/** The lab, as a window sees it. */
export interface Lab {
  /** Rejects with a LabError. */
  call<M extends LabMethod>(method: M, params: LabParams<M>): Promise<LabReply<M>>;
  /** Hears every event until the returned function is called. */
  listen(hear: (event: LabEvent) => void): () => void;
}

/** What a call rejects with. */
export class LabError extends Error {
  readonly failure: LabFailure;

  constructor(failed: LabFailure) {
    super(failed.message);
    this.name = 'LabError';
    this.failure = failed;
  }
}

/** A failure without a place. */
export const labFailed = (code: LabFailure['code'], message: string): LabFailure => ({
  code,
  message,
  line: 0,
  column: 0,
});

/** The one-letter envelope of an answer. */
const answer = v.variant('ok', [
  v.object({ ok: v.literal(true), reply: v.unknown() }),
  v.object({ ok: v.literal(false), failure: labFailure }),
]);

export type Answer =
  { readonly ok: true; readonly reply: unknown } | { readonly ok: false; readonly failure: LabFailure };

/** Checks the envelope and the parameters of a call. */
export function readCall(input: unknown): Result<{ method: LabMethod; params: unknown }, LabFailure> {
  const envelope = v.safeParse(v.strictObject({ method: v.string(), params: v.unknown() }), input);
  if (!envelope.success)
    return err(labFailed('bad-message', `a call is { method, params }: ${sentence(envelope.issues[0])}`));
  const { method, params } = envelope.output;
  if (!isMethod(method)) return err(labFailed('bad-message', 'there is no such method'));
  const parsed = v.safeParse(LAB_METHODS[method].params as v.GenericSchema, params);
  if (!parsed.success) return err(labFailed('bad-message', `${method}: ${sentence(parsed.issues[0])}`));
  return ok({ method, params: parsed.output });
}

/** Checks the answer to a call. */
export function readAnswer<M extends LabMethod>(method: M, input: unknown): Result<LabReply<M>, LabFailure> {
  const envelope = v.safeParse(answer, input);
  if (!envelope.success) return err(labFailed('bad-message', `the lab answered something unknown to ${method}`));
  if (!envelope.output.ok) return err(envelope.output.failure);
  const parsed = v.safeParse(LAB_METHODS[method].reply as v.GenericSchema, envelope.output.reply);
  if (!parsed.success) {
    return err(
      labFailed('bad-message', `the lab's answer to ${method} is not understood: ${sentence(parsed.issues[0])}`),
    );
  }
  return ok(parsed.output as LabReply<M>);
}

/** Checks an event. */
export function readEvent(input: unknown): Result<LabEvent> {
  const envelope = v.safeParse(v.object({ name: v.string(), data: v.unknown() }), input);
  if (!envelope.success) return err('an event is { name, data }');
  const { name, data } = envelope.output;
  if (!Object.hasOwn(LAB_EVENTS, name)) return err('there is no such event');
  const parsed = v.safeParse(LAB_EVENTS[name as LabEventName] as v.GenericSchema, data);
  if (!parsed.success) return err(`${name}: ${sentence(parsed.issues[0])}`);
  return ok({ name, data: parsed.output } as LabEvent);
}

export const isMethod = (name: string): name is LabMethod => Object.hasOwn(LAB_METHODS, name);

/** An issue with its place, short. */
function sentence(issue: v.BaseIssue<unknown>): string {
  const at = v.getDotPath(issue);
  return `${at === null ? '' : `${at}: `}${issue.message}`.slice(0, 300);
}
