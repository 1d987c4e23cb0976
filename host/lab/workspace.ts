import { join } from 'node:path';
import * as v from 'valibot';
import type { CpuFile } from '../contract/cpu-file.ts';
import type { LabReply, ResultFile, StoredRun } from '../contract/lab.ts';
import { parseResultFile } from '../contract/result-file.ts';
import { failed, fileFailed } from './failed.ts';
import { readKept, Unusable, Writes, writeKept } from './kept-json.ts';
import { makeResultFile } from './result-files.ts';

/** Bytes of the window's state, and of the last results. */
const LARGEST_STATE = 4 * 1024 * 1024;
const LARGEST_RUN = 256 * 1024 * 1024;

const stateFile = v.object({ schema: v.string(), state: v.unknown() });
const SCHEMA = 'exitlab.workspace/1';

/** A start as it is kept; `imported` when somebody else may have written it. */
export type KeptRun = ResultFile & { readonly imported?: boolean };

/** What the window wants to find again, and the last start with its results. */
export class Workspace {
  private readonly statePath: string;
  private readonly runPath: string;
  private readonly version: string;
  private readonly cpus: () => readonly CpuFile[];
  private readonly writes = new Writes();

  /** `cpus`: the calibrated hosts whose prices a start may rest on. */
  constructor(folder: string, version: string, cpus: () => readonly CpuFile[] = () => []) {
    this.statePath = join(folder, 'workspace.json');
    this.runPath = join(folder, 'last-run.json');
    this.version = version;
    this.cpus = cpus;
  }

  async put(state: unknown): Promise<void> {
    let size = 0;
    try {
      size = JSON.stringify(state ?? null).length;
    } catch {
      throw failed('bad-message', 'workspace.put: the state cannot be written as JSON');
    }
    if (size > LARGEST_STATE) throw failed('refused', 'the layout is too large to be kept');
    await this.writes
      .next(() => writeKept(this.statePath, { schema: SCHEMA, state: state ?? null }))
      .catch((error: unknown) => {
        throw fileFailed('the layout', 'written', error);
      });
  }

  /** Keeps a start. A disk that refuses does not end the run, whose results are in the window: the sentence says why it is not kept. */
  keep(run: StoredRun): Promise<string | null> {
    return this.keepRun(makeResultFile(run, this.version, this.cpus()));
  }

  /** Keeps what a result file of the user's holds, as what is shown last. A sentence when it cannot be kept. */
  keepImported(file: ResultFile): Promise<string | null> {
    return this.keepRun({ ...file, imported: true });
  }

  private keepRun(file: KeptRun): Promise<string | null> {
    return this.writes
      .next(() => writeKept(this.runPath, file))
      .then(
        () => null,
        (error: unknown) => fileFailed('the results', 'written', error).message,
      );
  }

  /** `file` is what `lastRun` is from. */
  async get(): Promise<Omit<LabReply<'workspace.get'>, 'running'> & { readonly file: KeptRun | null }> {
    await this.writes.settled();
    const state = await readKept(this.statePath, LARGEST_STATE * 4, readState);
    const file = await readKept(this.runPath, LARGEST_RUN, readRun);
    const problems = [state.problem, file.problem].filter((problem) => problem !== null);
    return { state: state.value ?? null, lastRun: file.value?.run ?? null, problems, file: file.value };
  }

  /** When everything is on disk. */
  settled(): Promise<void> {
    return this.writes.settled();
  }
}

function readState(input: unknown): unknown {
  const parsed = v.safeParse(stateFile, input);
  if (!parsed.success) throw new Unusable('it is damaged');
  const { schema, state } = parsed.output;
  if (schema !== SCHEMA)
    throw new Unusable(
      `it was written by another version of Exitlab (${schema.slice(0, 40)}; this one reads ${SCHEMA})`,
    );
  return state;
}

function readRun(input: unknown): KeptRun {
  const parsed = parseResultFile(input);
  if (!parsed.ok) throw new Unusable(parsed.error);
  return { ...parsed.value, imported: v.is(v.object({ imported: v.literal(true) }), input) };
}
