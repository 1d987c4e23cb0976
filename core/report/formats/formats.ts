import { reportJsonText } from '../json.ts';
import type { ReportDocument } from '../report-document.ts';
import { benchstatText } from './benchstat.ts';
import { chromeTraceText } from './chrome-trace.ts';
import { csvText } from './csv.ts';
import { htmlText } from './html.ts';
import { mailText } from './mail.ts';
import { markdownText } from './markdown.ts';
import { collapsedText, difffoldedText, speedscopeText } from './stacks.ts';

/** A format that is text. */
export interface ReportFormat {
  /** As the command line takes it. */
  readonly id: string;
  readonly title: string;
  /** File name extension. */
  readonly extension: string;
  /** The report in it; the same document gives the same bytes. */
  readonly write: (report: ReportDocument) => string;
}

export const REPORT_FORMATS: readonly ReportFormat[] = [
  { id: 'mail', title: 'Plain text of 72 columns, for a mailing list', extension: 'txt', write: mailText },
  { id: 'markdown', title: 'Markdown', extension: 'md', write: markdownText },
  { id: 'html', title: 'One HTML file with charts', extension: 'html', write: htmlText },
  { id: 'csv', title: 'CSV, one metric a row', extension: 'csv', write: csvText },
  { id: 'json', title: 'JSON, as compare --json prints it', extension: 'json', write: reportJsonText },
  { id: 'benchstat', title: 'Go benchmark lines, for benchstat', extension: 'txt', write: benchstatText },
  { id: 'chrome-trace', title: 'Chrome trace JSON, for Perfetto', extension: 'json', write: chromeTraceText },
  { id: 'speedscope', title: 'speedscope profile', extension: 'speedscope.json', write: speedscopeText },
  { id: 'collapsed', title: 'Collapsed stacks, for flamegraph.pl', extension: 'folded', write: collapsedText },
  {
    id: 'difffolded',
    title: 'Collapsed stacks of each pair, two weights',
    extension: 'difffolded',
    write: difffoldedText,
  },
];
