import ts from 'typescript';
import { LINE_UNIT } from '../../../core/index.ts';
import { LINED, LINED_UNUSED, METHODS, returnsValue } from '../methods.ts';
import { placeOf } from './diagnostics.ts';
import { CONTRACT } from './program.ts';

/** Name of the object behind the marks; given to the script as a parameter. */
export const MARKS = '$exitlab';

/**
 * Three changes, none visible to the script:
 * - a call of a method of `cpu` becomes a call of its lined form, whose first argument is the header of the record with the number of
 *   the call site in it, so that each record knows its place in the script at no cost;
 * - a throw notes its place, since a thrown value need not be an Error;
 * - a property is read before a loop, because the engine knows where it is only at calls and property reads, and looks for what precedes
 *   the loop when it stops one that never ends.
 */
export function instrument(checker: ts.TypeChecker, sites: number[]): ts.TransformerFactory<ts.SourceFile> {
  return (context) => (source) => {
    const visit = (node: ts.Node): ts.Node => {
      const visited = ts.visitEachChild(node, visit, context);
      if (ts.isCallExpression(node) && ts.isCallExpression(visited)) return linedCall(node, visited);
      if (ts.isThrowStatement(node) && ts.isThrowStatement(visited)) return markedThrow(node, visited);
      return placedLoop(node, visited, context.factory);
    };
    const markedThrow = (node: ts.ThrowStatement, visited: ts.ThrowStatement): ts.Node => {
      const { factory } = context;
      const { line, column } = placeOf(source, node.getStart(source));
      const site = factory.createNumericLiteral(sites.push(line, column) / 2);
      const mark = factory.createPropertyAccessExpression(factory.createIdentifier(MARKS), 'thrown');
      return factory.updateThrowStatement(
        visited,
        factory.createCallExpression(mark, undefined, [site, visited.expression]),
      );
    };
    const linedCall = (node: ts.CallExpression, visited: ts.CallExpression): ts.Node => {
      const { factory } = context;
      if (!ts.isPropertyAccessExpression(node.expression) || !ts.isPropertyAccessExpression(visited.expression))
        return visited;
      const name = node.expression.name;
      const method = Object.hasOwn(METHODS, name.text) ? METHODS[name.text] : undefined;
      if (method === undefined || !isOfCpu(checker, name)) return visited;
      const { line, column } = placeOf(source, name.getStart(source));
      const site = sites.push(line, column) / 2;
      const unused = returnsValue(name.text, method) && !isUsed(node, checker);
      const lined = factory.createIdentifier((unused ? LINED_UNUSED : LINED) + name.text);
      ts.setSourceMapRange(lined, name);
      const target = visited.expression;
      const access = ts.isPropertyAccessChain(target)
        ? factory.updatePropertyAccessChain(target, target.expression, target.questionDotToken, lined)
        : factory.updatePropertyAccessExpression(target, target.expression, lined);
      const args = [factory.createNumericLiteral(method.header + site * LINE_UNIT), ...visited.arguments];
      return ts.isCallChain(visited)
        ? factory.updateCallChain(visited, access, visited.questionDotToken, undefined, args)
        : factory.updateCallExpression(visited, access, undefined, args);
    };
    return ts.visitNode(source, visit, ts.isSourceFile);
  };
}

/** True when a name resolves to a member of the contract's Cpu. */
function isOfCpu(checker: ts.TypeChecker, name: ts.MemberName): boolean {
  const declaration = checker.getSymbolAtLocation(name)?.declarations?.[0];
  return (
    declaration?.getSourceFile().fileName === CONTRACT &&
    ts.isInterfaceDeclaration(declaration.parent) &&
    declaration.parent.name.text === 'Cpu'
  );
}

/** False when the value of an expression goes nowhere. */
function isUsed(node: ts.Expression, checker: ts.TypeChecker): boolean {
  const parent = node.parent;
  if (ts.isExpressionStatement(parent) || ts.isVoidExpression(parent)) return false;
  if (ts.isParenthesizedExpression(parent)) return isUsed(parent, checker);
  if (ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.CommaToken)
    return parent.left === node ? false : isUsed(parent, checker);
  if (ts.isForStatement(parent)) return parent.condition === node;
  if (ts.isArrowFunction(parent) && parent.body === node) {
    const wanted = checker.getContextualType(parent)?.getCallSignatures() ?? [];
    return !(wanted.length > 0 && wanted.every((s) => (s.getReturnType().flags & ts.TypeFlags.Void) !== 0));
  }
  return true;
}

/** A loop, or a label in front of one. */
const isLoop = (node: ts.Node): boolean => ts.isIterationStatement(node, true);

function placedLoop(node: ts.Node, visited: ts.Node, factory: ts.NodeFactory): ts.Node {
  if (!ts.isStatement(visited) || !isLoop(node) || ts.isLabeledStatement(node.parent)) return visited;
  const access = factory.createPropertyAccessExpression(factory.createIdentifier(MARKS), 'here');
  ts.setSourceMapRange(access, node);
  const mark = factory.createExpressionStatement(access);
  ts.setSourceMapRange(mark, node);
  return factory.createBlock([mark, visited], true);
}
