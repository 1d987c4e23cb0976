import { REPORT_FORMATS, type ReportDocument } from '../../core/index.ts';
import { parquetBytes } from './parquet.ts';

/** Prints a report's HTML as a tagged PDF; rejects with a sentence when it cannot. */
export type Print = (html: string) => Promise<Uint8Array>;

/** A format that a report can be made in. */
export interface Format {
  readonly id: string;
  readonly title: string;
  readonly extension: string;
  /** False for bytes. */
  readonly isText: boolean;
  readonly make: (report: ReportDocument, print: Print) => string | Uint8Array | Promise<Uint8Array>;
}

const htmlOf = (report: ReportDocument): string => REPORT_FORMATS.find(({ id }) => id === 'html')!.write(report);

/** Every format: the core's texts, and bytes, which are made outside it. */
export const FORMATS: readonly Format[] = [
  ...REPORT_FORMATS.map(({ id, title, extension, write }) => ({ id, title, extension, isText: true, make: write })),
  {
    id: 'pdf',
    title: 'Tagged PDF of the HTML (needs Chromium)',
    extension: 'pdf',
    isText: false,
    make: (report, print) => print(htmlOf(report)),
  },
  { id: 'parquet', title: 'Parquet, the rows of the CSV', extension: 'parquet', isText: false, make: parquetBytes },
];
