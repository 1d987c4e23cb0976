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

/** Names that a declaration binds: of a parameter, a variable, or the parts of a pattern. */
const boundBy = (name: ts.BindingName): string[] =>
  ts.isIdentifier(name)
    ? [name.text]
    : name.elements.flatMap((element) => (ts.isBindingElement(element) ? boundBy(element.name) : []));

/** True where a function or block around the identifier declares it: then it is the code's own word (a guest's process), not the ambient one. */
function isOwn(node: ts.Identifier): boolean {
  for (let at: ts.Node = node; !ts.isSourceFile(at); at = at.parent) {
    const declared: ts.BindingName[] = [];
    if (ts.isFunctionLike(at))
      for (const { name } of at.parameters)
        if (!ts.isIdentifier(name) || name.text !== 'this') declared.push(name as ts.BindingName);
    const lists: ts.VariableDeclarationList[] = [];
    if (ts.isBlock(at))
      for (const statement of at.statements)
        if (ts.isVariableStatement(statement)) lists.push(statement.declarationList);
    if (
      (ts.isForStatement(at) || ts.isForOfStatement(at)) &&
      at.initializer !== undefined &&
      ts.isVariableDeclarationList(at.initializer)
    )
      lists.push(at.initializer);
    for (const { declarations } of lists) for (const { name } of declarations) declared.push(name);
    if (declared.some((name) => boundBy(name).includes(node.text))) return true;
  }
  return false;
}

/** What a core file must not contain, as `path:line word`. Comments and strings do not count. */
function impurities({ path, text }: SourceFile): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2024, true);
  const found: string[] = [];
  const report = (node: ts.Node, word: string) =>
    found.push(`${path}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${word}`);
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && AMBIENT.has(node.text) && !isNameOnly(node) && !isOwn(node)) report(node, node.text);
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
    const own = `function f(process: number) { for (const Date of [process]) g(Date); }\nconst g = () => process.exit();`;
    expect(impurities({ path: 'a.ts', text: own })).toEqual(['a.ts:2 process']);
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
