import { type ReportDocument, unknownName } from '../../core/index.ts';
import type { CpuFile } from '../contract/cpu-file.ts';
import type { LabParams, LabReply, ResultFile } from '../contract/lab.ts';
import { FORMATS, type Format, type Print } from '../report/formats.ts';
import { CannotPrint } from '../report/pdf.ts';
import { storedReport } from '../report/stored-report.ts';
import { failed } from './failed.ts';
import type { Files } from './files.ts';

/** Results that were opened from the history or from a file and can be reported; as many as the window keeps runs, and some. */
const MOST_OPENED = 16;

export interface ReportParts {
  readonly files: Pick<Files, 'saveAs'>;
  readonly print: Print;
  /** A start of this session as a result file; throws when it is not known. */
  readonly find: (runId: string) => ResultFile;
  readonly cpus: () => readonly CpuFile[];
}

/** Reports of the runs that a window shows. */
export class Reports {
  private readonly parts: ReportParts;
  private readonly opened = new Map<string, ResultFile>();

  constructor(parts: ReportParts) {
    this.parts = parts;
  }

  /** Remembers a result that did not run in this session. */
  opens(file: ResultFile): ResultFile {
    this.opened.delete(file.run.runId);
    this.opened.set(file.run.runId, file);
    if (this.opened.size > MOST_OPENED) this.opened.delete(this.opened.keys().next().value!);
    return file;
  }

  /** A result that was opened, or a start of this session. */
  file(runId: string): ResultFile {
    return this.opened.get(runId) ?? this.parts.find(runId);
  }

  formats(): LabReply<'report.formats'> {
    return FORMATS.map(({ id, title, extension, isText }) => ({ id, title, extension, text: isText }));
  }

  async text(asked: LabParams<'report.text'>): Promise<LabReply<'report.text'>> {
    const made = await this.make(formatOf(asked.format), asked.runId, asked.baseline);
    if (typeof made !== 'string') throw failed('refused', `a report in ${asked.format} is no text: save it to a file`);
    return { text: made };
  }

  async save({ name, overwrite, ...asked }: LabParams<'report.save'>): Promise<LabReply<'report.save'>> {
    const made = await this.make(formatOf(asked.format), asked.runId, asked.baseline);
    return this.parts.files.saveAs({ name, text: made, overwrite });
  }

  private async make(format: Format, runId: string, baseline: string | null): Promise<string | Uint8Array> {
    const report = this.documentOf(runId, baseline);
    try {
      return await format.make(report, this.parts.print);
    } catch (error) {
      throw error instanceof CannotPrint ? failed('refused', error.message) : error;
    }
  }

  private documentOf(runId: string, baseline: string | null): ReportDocument {
    const made = storedReport(this.file(runId), baseline, 'stored', undefined, this.parts.cpus());
    if (!made.ok) throw failed('refused', made.error);
    return made.value;
  }
}

function formatOf(id: string): Format {
  const format = FORMATS.find((one) => one.id === id);
  if (format !== undefined) return format;
  throw failed(
    'refused',
    unknownName(
      'format',
      id,
      FORMATS.map((one) => one.id),
    ),
  );
}
