import { availableParallelism, platform } from 'node:os';
import { join } from 'node:path';
import {
  LAB_VERSION,
  LabError,
  labFailed,
  readCall,
  type Answer,
  type Lab,
  type LabEvent,
  type LabMethod,
  type LabParams,
  type LabReply,
  type ResultFile,
} from '../contract/lab.ts';
import { readResultFile } from '../contract/result-file.ts';
import { historyPath } from '../store/history-path.ts';
import { cpusFolder } from '../report/kept-cpus.ts';
import type { Print } from '../report/formats.ts';
import { printPdf } from '../report/pdf.ts';
import { Calibrations } from './calibrations.ts';
import { Checker } from './checker.ts';
import { Compiler } from './compiler.ts';
import { Drafts } from './drafts.ts';
import { EventStore } from './event-store.ts';
import { failed } from './failed.ts';
import { type Dialogs, Files } from './files.ts';
import { readGallery, SCENARIOS } from './gallery.ts';
import { Inspector } from './inspector.ts';
import type { Places } from './places.ts';
import { Pools } from './pools.ts';
import { Recent } from './recent.ts';
import { makeResultFile } from './result-files.ts';
import { Reports } from './reports.ts';
import { Runs } from './runs.ts';
import { StoredRuns } from './stored-runs.ts';
import { WARM_UP_AFTER, warmUp } from './warm-up.ts';
import { Workspace } from './workspace.ts';

export interface LabOptions {
  readonly host: 'electron' | 'browser';
  /** Version of the program. */
  readonly version: string;
  /** Folder of drafts, layout and last results; made when it is missing. */
  readonly dataFolder: string;
  /** Where the user's files may lie: those that were granted, or those `below(folder)`. */
  readonly places: Places;
  /** File dialogs of the system, where there are any. */
  readonly dialogs?: Dialogs;
  /** Told of the window's title and unsaved texts. */
  readonly onWindow?: (window: LabParams<'window.put'>) => void;
  /** Prints a report as a PDF; default: a Chromium of the system's. */
  readonly print?: Print;
  /** Folder of the gallery's scripts. */
  readonly scenarios?: string;
  /** Runs at a time; default one a processor. */
  readonly threads?: number;
}

/** The lab behind a host: the contract, as a function on messages. */
export interface LabService extends Lab {
  /** Answers a message of a window, whatever it is. Never rejects. */
  handle(message: unknown): Promise<Answer>;
  /** Sends an event to every window. */
  tell(event: LabEvent): void;
  /** Ends every thread and waits for what is being written. */
  close(): Promise<void>;
}

type Handlers = { readonly [M in LabMethod]: (params: LabParams<M>) => LabReply<M> | Promise<LabReply<M>> };

/** Makes the lab of a host. Nothing runs before the first call. */
export function createLab(options: LabOptions): LabService {
  const { version, dataFolder, places } = options;
  const listeners = new Set<(event: LabEvent) => void>();
  const tell = (event: LabEvent): void => {
    for (const hear of listeners) hear(event);
  };
  const threads = options.threads ?? availableParallelism();
  const compiler = new Compiler();
  const runPools = new Pools(threads);
  const smallPools = new Pools(1);
  const files = new Files(places, options.dialogs ?? null, new Recent(join(dataFolder, 'recent.json')));
  const drafts = new Drafts(join(dataFolder, 'drafts'));
  const checker = new Checker(compiler, smallPools);
  const inspector = new Inspector(compiler, smallPools);
  const events = new EventStore(join(dataFolder, 'events'));
  const calibrations = new Calibrations(cpusFolder(dataFolder), version);
  const cpus = () => calibrations.cpus();
  const workspace = new Workspace(dataFolder, version, cpus);
  const stored = new StoredRuns(historyPath(dataFolder), version, cpus);
  const changed = (problem: string | null = null) => tell({ name: 'history.changed', data: { problem } });
  const runs = new Runs({
    version,
    compiler,
    pools: runPools,
    events,
    tell,
    keep: (run) => workspace.keep(run),
    ended: (run) => {
      const added = stored.add(run);
      if (added.stored || added.problem !== null) changed(added.problem);
    },
  });
  const find = (runId: string): ResultFile => makeResultFile(runs.find(runId), version, cpus());
  const reports = new Reports({ files, print: options.print ?? printPdf, find, cpus });
  /** A result that did not run in this session: reports and runs know it from now on. */
  const opens = (file: ResultFile): ResultFile => {
    runs.adopt({ ...file, imported: true });
    return reports.opens(file);
  };
  let gallery: Promise<LabReply<'gallery'>> | null = null;
  let closed = false;
  const readOnce = async (): Promise<LabReply<'gallery'>> => {
    const found = await readGallery(compiler, options.scenarios ?? SCENARIOS);
    setTimeout(() => {
      if (!closed && found[0] !== undefined) void warmUp(compiler, runPools, found[0].text, threads).catch(() => {});
    }, WARM_UP_AFTER).unref();
    return found;
  };

  const handlers: Handlers = {
    describe: () => ({
      version,
      schema: LAB_VERSION,
      platform: { host: options.host, os: platform() },
      dialogs: options.dialogs !== undefined,
      folder: places.folder,
      processors: threads,
    }),
    gallery: () => (gallery ??= readOnce()),
    check: (params) => checker.check(params),
    start: (params) => {
      runs.start(params);
      return {};
    },
    cancel: ({ runId }) => {
      runs.cancel(runId);
      return {};
    },
    'events.read': (params) => runs.readEvents(params),
    'events.arguments': (params) => runs.readArguments(params),
    inspect: (params) => inspector.inspect(params),
    'files.open': (params) => files.open(params),
    'files.save': (params) => files.save(params),
    'files.saveAs': (params) => files.saveAs(params),
    'files.recent': () => files.listRecent(),
    'files.list': () => files.list(),
    'drafts.put': (params) => drafts.put(params),
    'drafts.get': () => drafts.get(),
    'workspace.put': async ({ state }) => {
      await workspace.put(state);
      return {};
    },
    'workspace.get': async () => {
      const { file, ...found } = await workspace.get();
      // What is in memory is newer than what is on disk, and need not be there.
      if (file !== null && runs.latest() === null) runs.adopt(file);
      const latest = runs.latest();
      return { ...found, lastRun: latest?.run ?? null, running: latest?.running ?? false };
    },
    'results.export': ({ runId }) => ({ text: `${JSON.stringify(reports.file(runId))}\n` }),
    'results.import': async ({ text }) => {
      const read = readResultFile(text);
      if (!read.ok) throw failed('refused', read.error);
      const file = opens(read.value);
      const notKept = await workspace.keepImported(file);
      return { ...file, notKept: notKept === null ? [] : [notKept] };
    },
    'history.list': (params) => stored.list(params),
    'history.get': (params) => opens(stored.get(params)),
    'history.pair': (params) => {
      const made = stored.pair(params);
      return { ...made, file: opens(made.file) };
    },
    'history.change': (params) => {
      const row = stored.change(params);
      changed();
      return row;
    },
    'history.delete': ({ ids }) => {
      stored.setDeleted(ids, true);
      changed();
      return {};
    },
    'history.restore': ({ ids }) => {
      stored.setDeleted(ids, false);
      changed();
      return {};
    },
    'report.formats': () => reports.formats(),
    'report.text': (params) => reports.text(params),
    'report.save': (params) => reports.save(params),
    calibrate: (params) => calibrations.calibrate(params),
    'cpus.list': () => calibrations.list(),
    'cpus.keep': (params) => {
      calibrations.keep(params);
      return {};
    },
    'cpus.forget': (params) => {
      calibrations.forget(params);
      return {};
    },
    'window.put': (params) => {
      options.onWindow?.(params);
      return {};
    },
  };

  const answer = async <M extends LabMethod>(method: M, params: LabParams<M>): Promise<LabReply<M>> => {
    try {
      return await handlers[method](params);
    } catch (error) {
      if (error instanceof LabError) throw error;
      throw failed('crashed', `${method}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };

  const service: LabService = {
    async call(method, params) {
      const read = readCall({ method, params });
      if (!read.ok) throw new LabError(read.error);
      return answer(method, params);
    },
    async handle(message) {
      const read = readCall(message);
      if (!read.ok) return { ok: false, failure: read.error };
      try {
        return { ok: true, reply: await answer(read.value.method, read.value.params as LabParams<LabMethod>) };
      } catch (error) {
        return {
          ok: false,
          failure: error instanceof LabError ? error.failure : labFailed('crashed', String(error)),
        };
      }
    },
    listen(hear) {
      listeners.add(hear);
      return () => listeners.delete(hear);
    },
    tell,
    async close() {
      closed = true;
      inspector.end();
      runs.close();
      const written = [workspace, drafts, files, events].map((each) => each.settled());
      await Promise.all([compiler.close(), runPools.close(), smallPools.close(), ...written]);
      stored.close();
    },
  };
  return service;
}
