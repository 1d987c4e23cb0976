import ts from 'typescript';

/** What a script says about itself in the literals of its scenario(). */
export interface ScenarioWords {
  readonly title: string;
  readonly question: string;
  readonly claims: readonly string[];
  readonly says: readonly string[];
  readonly selection: Readonly<Record<string, unknown>>;
}

/** Reads the words from the text alone: nothing is checked and nothing runs. Null where there is no scenario({ ... }) at the top. */
export function scenarioWords(text: string): ScenarioWords | null {
  const source = ts.createSourceFile('script.ts', text, ts.ScriptTarget.ES2023, false);
  for (const statement of source.statements) {
    if (!ts.isExpressionStatement(statement) || !ts.isCallExpression(statement.expression)) continue;
    const { expression, arguments: given } = statement.expression;
    if (!ts.isIdentifier(expression) || expression.text !== 'scenario') continue;
    const words = given[0] === undefined ? undefined : literal(given[0]);
    if (typeof words !== 'object' || words === null || Array.isArray(words)) return null;
    const { title, question, claims, says, configurations } = words as Record<string, unknown>;
    return {
      title: typeof title === 'string' ? title.trim() : '',
      question: typeof question === 'string' ? question.trim() : '',
      claims: texts(claims),
      says: texts(says),
      selection: typeof configurations === 'object' && configurations !== null ? { ...configurations } : {},
    };
  }
  return null;
}

const texts = (list: unknown): string[] => (Array.isArray(list) ? list.map((text) => String(text).trim()) : []);

/** The value of a literal; undefined for what is none, left out of objects. */
function literal(node: ts.Expression): unknown {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isNumericLiteral(node)) return Number(node.text.replaceAll('_', ''));
  if (node.kind === ts.SyntaxKind.TrueKeyword) return true;
  if (node.kind === ts.SyntaxKind.FalseKeyword) return false;
  if (ts.isArrayLiteralExpression(node)) return node.elements.map(literal);
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [literal(node.left), literal(node.right)];
    return typeof left === 'string' && typeof right === 'string' ? left + right : undefined;
  }
  if (!ts.isObjectLiteralExpression(node)) return undefined;
  const found: Record<string, unknown> = {};
  for (const property of node.properties) {
    if (!ts.isPropertyAssignment(property) || ts.isComputedPropertyName(property.name)) continue;
    const value = literal(property.initializer);
    if (value !== undefined && 'text' in property.name) found[property.name.text] = value;
  }
  return found;
}
