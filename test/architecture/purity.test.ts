import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { isTest, type SourceFile, typescriptFiles } from './sources.ts';

/** Methods whose answer depends on the language of the user's machine. */
const LOCAL = new Set(['toLocaleString', 'localeCompare', 'toLocaleUpperCase', 'toLocaleLowerCase']);

/** Names the core must not use as values: each would tie a result to the machine or the moment it was made on. */
const AMBIENT = new Set([
  'Date',
  'Intl',
  'WeakRef',
  'FinalizationRegistry',
  'globalThis',
  'performance',
  'console',
  'process',
  'require',
  'setTimeout',
  'setInterval',
  'queueMicrotask',
]);

function isNameOnly(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  return ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isPropertyDeclaration(parent)
    ? parent.name === node
    : ts.isMethodDeclaration(parent) || ts.isMethodSignature(parent) || ts.isQualifiedName(parent);
}

/** What a core file must not contain, as `path:line word`. Comments and strings do not count. */
function impurities({ path, text }: SourceFile): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2024, true);
  const found: string[] = [];
  const report = (node: ts.Node, word: string) =>
    found.push(`${path}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${word}`);
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && AMBIENT.has(node.text) && !isNameOnly(node)) report(node, node.text);
    if (ts.isPropertyAccessExpression(node) && node.getText() === 'Math.random') report(node, 'Math.random');
    if (ts.isPropertyAccessExpression(node) && LOCAL.has(node.name.text)) report(node, node.name.text);
    if (node.kind === ts.SyntaxKind.AnyKeyword) report(node, 'any');
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Module forms no file uses: names must be found by searching for them. */
function moduleForms({ path, text }: SourceFile): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2024, true);
  return source.statements.flatMap((statement) => {
    if (ts.isExportAssignment(statement)) return [`${path}: export default`];
    if (ts.isExportDeclaration(statement) && statement.exportClause === undefined) return [`${path}: export *`];
    const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
    return modifiers.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword)
      ? [`${path}: export default`]
      : [];
  });
}

describe('the core is pure', () => {
  it('has no clock, no ambient randomness, no Node, no DOM', () => {
    const core = typescriptFiles('core').filter(({ path }) => !isTest(path));
    expect(core.flatMap(impurities)).toEqual([]);
  });

  it('and the check sees what it forbids', () => {
    const text = `const t = Date.now();\n// console\nlet s = 'process', r = Math.random();\nconst o = { Date: 1 };\no.Date;\n(1).toLocaleString();`;
    expect(impurities({ path: 'a.ts', text })).toEqual(['a.ts:1 Date', 'a.ts:3 Math.random', 'a.ts:6 toLocaleString']);
  });
});

describe('modules export names', () => {
  it('never a default, never a star', () => {
    expect(typescriptFiles('core', 'host', 'renderer', 'scenarios', 'test').flatMap(moduleForms)).toEqual([]);
  });

  it('and the check sees what it forbids', () => {
    const sample = (text: string) => moduleForms({ path: 'a.ts', text }).length;
    expect(sample(`export * from './b.ts';`)).toBe(1);
    expect(sample(`export default function f() {}`)).toBe(1);
    expect(sample(`export default 1;`)).toBe(1);
    expect(sample(`export { b } from './b.ts';\nexport const c = 1;`)).toBe(0);
  });
});
