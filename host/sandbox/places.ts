import { SourceMap, type SourceMapPayload } from 'node:module';
import type { CompiledScript } from './compile/compiled-script.ts';

export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Name of the script inside the engine: what its stack traces say. */
export const INSIDE_NAME = 'script';
/** Lines that the sandbox puts in front of the script. */
const LINES_BEFORE = 1;
/** Sites from here on are places in the generated text, as line * 4096 + column. */
export const UNKNOWN_SITE = 2 ** 24;

/** Leads from what the engine knows back to the user's text. */
export class Places {
  private readonly script: CompiledScript;
  private readonly map: SourceMap;
  private readonly lines: readonly string[];
  private readonly original: readonly string[];

  constructor(script: CompiledScript) {
    this.script = script;
    this.map = new SourceMap(JSON.parse(script.sourceMap) as SourceMapPayload);
    this.lines = script.javascript.split('\n');
    this.original = script.text.split(/\r\n|[\n\r\u2028\u2029]/);
  }

  /** The place of a call site's number, as found in a record's header. */
  ofSite(site: number): Place {
    if (site >= UNKNOWN_SITE) {
      const packed = site - UNKNOWN_SITE;
      return this.ofGenerated(Math.floor(packed / 4096), packed % 4096);
    }
    const { sites } = this.script;
    return site > 0 ? { line: sites[site * 2 - 2] ?? 0, column: sites[site * 2 - 1] ?? 0 } : { line: 0, column: 0 };
  }

  /** The innermost place of the script in a stack trace. */
  ofStack(stack: string): Place {
    const frame = new RegExp(`\\b${INSIDE_NAME}:(\\d+):(\\d+)`).exec(stack);
    return frame === null ? { line: 0, column: 0 } : this.ofGenerated(Number(frame[1]), Number(frame[2]));
  }

  /** The engine counts columns in code points, everybody else in UTF-16 units. */
  private ofGenerated(line: number, column: number): Place {
    const row = line - 1 - LINES_BEFORE;
    const text = this.lines[row] ?? '';
    const units = [...text].slice(0, column - 1).join('').length;
    const entry = this.map.findEntry(row, units);
    if (!('originalLine' in entry)) return { line: 0, column: 0 };
    return { line: entry.originalLine + 1, column: this.startOfName(entry.originalLine, entry.originalColumn) + 1 };
  }

  /** The engine points at the parenthesis of a call and at the dot of an access: go back to the name before it. */
  private startOfName(line: number, column: number): number {
    const before = (this.original[line] ?? '').slice(0, column);
    return before.length - (/[\w$]*$/.exec(before)?.[0].length ?? 0);
  }
}
