import jsep from 'jsep';
import { unknownName, type Comparison, type RunView } from '../../core/index.ts';
import { BadInput } from './bad-input.ts';

type Node = jsep.Expression;
type Value = number | boolean;

/** What may be asked of one side; costs are cycles an access at best prices, counts are an access. */
const SIDE: Readonly<Record<string, (run: RunView) => number>> = {
  cycles: ({ priced }) => priced.perAccess.value,
  low: ({ priced }) => priced.perAccess.low,
  high: ({ priced }) => priced.perAccess.high,
  accesses: ({ result }) => result.accesses,
  exits: ({ result }) =>
    perAccess(
      result,
      Object.values(result.exits).reduce((sum, count) => sum + count, 0),
    ),
  userspace: ({ result }) => perAccess(result, result.userspaceExits),
  divergences: ({ result }) => result.divergences.reduce((sum, { count }) => sum + count, 0),
};

/** What may be asked of the pair: B - A. */
const PAIR: Readonly<Record<string, (comparison: Comparison) => number>> = {
  difference: ({ difference }) => difference,
  low: ({ interval, difference }) => interval?.low ?? difference,
  high: ({ interval, difference }) => interval?.high ?? difference,
  probability: ({ probability }) => probability ?? 0.5,
};

const perAccess = ({ accesses }: { readonly accesses: number }, count: number): number =>
  accesses === 0 ? 0 : count / accesses;

/** A condition on a pair, such as `B.cycles > A.cycles * 1.03`. */
export interface FailIf {
  readonly text: string;
  holds(a: RunView, b: RunView, comparison: Comparison): boolean;
}

/** Reads a condition, or says what is wrong with it. `A` is the baseline, `B` each other configuration, `pair` the comparison of the two. */
export function parseFailIf(text: string): FailIf {
  let tree: Node;
  try {
    tree = jsep(text);
  } catch (error) {
    throw new BadInput(`--fail-if '${text}': ${error instanceof Error ? error.message : String(error)}`);
  }
  const refuse = (why: string): never => {
    throw new BadInput(`--fail-if '${text}': ${why}`);
  };
  if (kindOf(tree, refuse) !== 'boolean') refuse('it is a number; a condition compares, as in B.cycles > A.cycles');
  return { text, holds: (a, b, comparison) => evaluate(tree, { a, b, comparison }) === true };
}

interface Scope {
  readonly a: RunView;
  readonly b: RunView;
  readonly comparison: Comparison;
}

type Refuse = (why: string) => never;

/** Names and kinds are checked before anything runs: what the expression yields. */
function kindOf(node: Node, refuse: Refuse): 'number' | 'boolean' {
  switch (node.type) {
    case 'Literal':
      if (typeof (node as jsep.Literal).value !== 'number') refuse(`${(node as jsep.Literal).raw} is no number`);
      return 'number';
    case 'MemberExpression': {
      const [side, property] = namesOf(node as jsep.MemberExpression, refuse);
      const known = side === 'pair' ? PAIR : SIDE;
      if (!['A', 'B', 'pair'].includes(side)) refuse(unknownName('side', side, ['A', 'B', 'pair']));
      if (!Object.hasOwn(known, property)) refuse(unknownName(`value of ${side}`, property, Object.keys(known)));
      return 'number';
    }
    case 'UnaryExpression': {
      const { operator, argument } = node as jsep.UnaryExpression;
      const kind = kindOf(argument, refuse);
      const fits = operator === '-' ? kind === 'number' : operator === '!' && kind === 'boolean';
      return fits ? kind : refuse(`'${operator}' cannot be put before this`);
    }
    case 'BinaryExpression': {
      const { left, right, operator } = node as jsep.BinaryExpression;
      const wants = Object.hasOwn(BOOLEANS, operator) ? 'boolean' : 'number';
      if (!Object.hasOwn(BOOLEANS, operator) && !Object.hasOwn(NUMBERS, operator))
        refuse(`'${operator}' is no operator here`);
      if (kindOf(left, refuse) !== wants || kindOf(right, refuse) !== wants) {
        refuse(`'${operator}' needs two ${wants === 'boolean' ? 'conditions' : 'numbers'}`);
      }
      return ['+', '-', '*', '/'].includes(operator) ? 'number' : 'boolean';
    }
    default:
      return refuse(
        'only A, B and pair with a value (A.cycles), numbers, + - * /, comparisons, &&, || and ! are understood',
      );
  }
}

function namesOf(node: jsep.MemberExpression, refuse: Refuse): [string, string] {
  const { object, property, computed } = node;
  if (computed || object.type !== 'Identifier' || property.type !== 'Identifier') refuse('write A.cycles or B.cycles');
  return [(object as jsep.Identifier).name, (property as jsep.Identifier).name];
}

const NUMBERS: Readonly<Record<string, (a: number, b: number) => Value>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
};

const BOOLEANS: Readonly<Record<string, (a: boolean, b: boolean) => boolean>> = {
  '&&': (a, b) => a && b,
  '||': (a, b) => a || b,
};

function evaluate(node: Node, scope: Scope): Value {
  switch (node.type) {
    case 'Literal':
      return (node as jsep.Literal).value as number;
    case 'MemberExpression': {
      const { object, property } = node as unknown as { object: jsep.Identifier; property: jsep.Identifier };
      if (object.name === 'pair') return PAIR[property.name]!(scope.comparison);
      return SIDE[property.name]!(object.name === 'A' ? scope.a : scope.b);
    }
    case 'UnaryExpression': {
      const value = evaluate((node as jsep.UnaryExpression).argument, scope);
      return typeof value === 'number' ? -value : !value;
    }
    default: {
      const { left, right, operator } = node as jsep.BinaryExpression;
      const [a, b] = [evaluate(left, scope), evaluate(right, scope)];
      return typeof a === 'boolean' ? BOOLEANS[operator]!(a, b as boolean) : NUMBERS[operator]!(a, b as number);
    }
  }
}
