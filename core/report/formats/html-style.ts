import { STAGES } from '../../cost/steps.ts';
import { STAGE_PAINT } from '../stage-paint.ts';

/** Class of a stage's colour. */
export const stageClass = (stage: string): string => `s-${stage.replaceAll(' ', '-')}`;

const fills = (theme: 'light' | 'dark'): string =>
  STAGES.map(
    (stage) => `.${stageClass(stage)}{fill:${STAGE_PAINT[stage][theme]};background:${STAGE_PAINT[stage][theme]}}`,
  ).join('');

const LIGHT = '--ink:#1b1f23;--paper:#fff;--quiet:#57606a;--line:#d0d7de;--total:#57606a';
const DARK = '--ink:#e6e9ec;--paper:#16181b;--quiet:#a4acb4;--line:#3a4046;--total:#9aa4ae';

/** The report's one style sheet: follows the reader's theme, prints light. */
export const STYLE = [
  `:root{color-scheme:light dark;${LIGHT}}`,
  'body{margin:2rem auto;max-width:60rem;padding:0 1rem;color:var(--ink);background:var(--paper);font:16px/1.5 system-ui,sans-serif}',
  'h1,h2,h3{line-height:1.25}table{border-collapse:collapse;margin:1rem 0;display:block;overflow-x:auto}',
  'caption{text-align:left;color:var(--quiet);padding:.3rem 0}th,td{padding:.25rem .75rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}',
  'td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}svg{width:100%;height:auto;font:12px system-ui,sans-serif}',
  'svg text{fill:var(--ink)}svg .tick,svg .value{fill:var(--quiet)}.grid{stroke:var(--line);fill:none}.total{fill:var(--total)}',
  'rect{stroke:var(--paper);stroke-width:.5}.quiet{color:var(--quiet)}pre{padding:1rem;border:1px solid var(--line);overflow-x:auto}',
  '.legend{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.25rem 1rem}.legend i{display:inline-block;width:.9em;height:.9em;margin-right:.4em}',
  fills('light'),
  `@media (prefers-color-scheme:dark){:root{${DARK}}${fills('dark')}}`,
  '@page{size:A4;margin:14mm}',
  `@media print{:root{color-scheme:light;${LIGHT}}${fills('light')}body{margin:0;max-width:none;font-size:10px}svg,tr,li{break-inside:avoid}h2,caption{break-after:avoid}` +
    '*{print-color-adjust:exact;-webkit-print-color-adjust:exact}pre{white-space:pre-wrap}table{display:table}}',
].join('\n');
