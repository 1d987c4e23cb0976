import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** The declarations a script is checked against. */
export const CONTRACT = fileURLToPath(new URL('../../contract/exitlab.d.ts', import.meta.url));
/** The name a script has inside the compiler; the user's own name may have any ending. */
export const SCRIPT = '/script.ts';

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts'],
  types: [],
  module: ts.ModuleKind.ESNext,
  moduleDetection: ts.ModuleDetectionKind.Force,
  strict: true,
  sourceMap: true,
  newLine: ts.NewLineKind.LineFeed,
  erasableSyntaxOnly: true,
  noFallthroughCasesInSwitch: true,
  skipLibCheck: true,
};

const libraries = new Map<string, ts.SourceFile>();

/** A program of one script and the contract. Only the language's own declarations are in reach: no Node, no DOM. */
export function createScriptProgram(text: string): ts.Program {
  const folder = dirname(ts.getDefaultLibFilePath(OPTIONS));
  const load = (name: string): ts.SourceFile | undefined => {
    if (name === SCRIPT) return ts.createSourceFile(SCRIPT, text, ts.ScriptTarget.ES2023, true);
    if (name !== CONTRACT && dirname(name) !== folder) return undefined;
    let parsed = libraries.get(name);
    if (parsed === undefined) {
      parsed = ts.createSourceFile(name, readFileSync(name, 'utf8'), ts.ScriptTarget.ES2023);
      libraries.set(name, parsed);
    }
    return parsed;
  };
  const host: ts.CompilerHost = {
    getSourceFile: load,
    getDefaultLibFileName: () => ts.getDefaultLibFilePath(OPTIONS),
    getDefaultLibLocation: () => folder,
    writeFile: () => {},
    getCurrentDirectory: () => '/',
    getCanonicalFileName: (name) => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
    fileExists: (name) => name === SCRIPT || name === CONTRACT || dirname(name) === folder,
    readFile: () => undefined,
  };
  return ts.createProgram({ rootNames: [CONTRACT, SCRIPT], options: OPTIONS, host });
}
