import ts from 'typescript';
import type { ScriptError } from '../script-error.ts';

const ALONE = 'a script is one file and runs alone, with the globals of host/contract/exitlab.d.ts';

/** What a script may not contain although it is TypeScript. */
function refusal(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isImportEqualsDeclaration(node)) return `a script cannot import: ${ALONE}`;
  if (ts.isExportDeclaration(node) || ts.isExportAssignment(node)) return `a script cannot export: ${ALONE}`;
  if (node.kind === ts.SyntaxKind.ExportKeyword) return `a script cannot export: ${ALONE}`;
  if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword)
    return `there is no import.meta: ${ALONE}`;
  if (
    node.kind === ts.SyntaxKind.AsyncKeyword ||
    ts.isAwaitExpression(node) ||
    (ts.isForOfStatement(node) && node.awaitModifier !== undefined)
  )
    return 'a script cannot wait: it has no clock, and everything it calls answers at once';
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return `a script cannot import: ${ALONE}`;
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'require')
    return `a script cannot require: ${ALONE}`;
  return undefined;
}

/** Refused constructs of a script, in order. */
export function refusals(source: ts.SourceFile, file: string): ScriptError[] {
  const found: ScriptError[] = [];
  const visit = (node: ts.Node): void => {
    const message = refusal(node);
    if (message === undefined) ts.forEachChild(node, visit);
    else found.push({ file, ...placeOf(source, node.getStart(source)), message });
  };
  visit(source);
  return found;
}

/** "Cannot find name 'process'. Do you need to install type definitions..." and its kin, which would mislead here. */
const WANTS_HOST_TYPES = new Set([2580, 2581, 2582, 2584, 2591, 2592, 2593, 2867, 2868]);

/** Names that scripts reach for and that no TypeScript message of its own explains. */
const OUTSIDE = new Set([
  'performance',
  'fetch',
  'crypto',
  'globalThis',
  'navigator',
  'queueMicrotask',
  'structuredClone',
]);
const CANNOT_FIND_NAME = 2304;

/** The compiler's diagnostics in the script's own terms. */
export function toScriptError(diagnostic: ts.Diagnostic, file: string): ScriptError {
  const place =
    diagnostic.file !== undefined && diagnostic.start !== undefined
      ? placeOf(diagnostic.file, diagnostic.start)
      : { line: 0, column: 0 };
  const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ').replaceAll(/\s+/g, ' ');
  const name = /'([^']+)'/.exec(text)?.[1] ?? 'it';
  if (WANTS_HOST_TYPES.has(diagnostic.code) || (diagnostic.code === CANNOT_FIND_NAME && OUTSIDE.has(name))) {
    return {
      file,
      ...place,
      message: `there is no '${name}': a script has no access to files, network, processes or the clock`,
    };
  }
  return { file, ...place, message: `${text} (TS${diagnostic.code})` };
}

/** Line and column of an offset, from 1. */
export function placeOf(source: ts.SourceFile, offset: number): { line: number; column: number } {
  const { line, character } = source.getLineAndCharacterOfPosition(offset);
  return { line: line + 1, column: character + 1 };
}
