import { err, ok, type Result } from '../../base/result.ts';
import { firstProblem } from './json-place.ts';
import { isObject, type Json, type JsonObject, listField, MalformedError, objectField, textField } from './fields.ts';

/** One recorded case: operations on a fresh VM, and what a real KVM answered to each. */
export interface OracleCase {
  readonly id: string;
  readonly setup: readonly JsonObject[];
  /** `results[i]` answers `setup[i]`. */
  readonly results: readonly JsonObject[];
}

/** The cases of a file of recorded answers; an error is one sentence that says what is wrong where. */
export function parseOracle(text: string): Result<readonly OracleCase[]> {
  try {
    const root = parseJson(text);
    if (!isObject(root)) throw new MalformedError('the file is not a JSON object with "header" and "cases"');
    textField(objectField(root, 'header'), 'kind');
    return ok(listField(root, 'cases').map(toCase));
  } catch (error) {
    if (error instanceof MalformedError) return err(error.message);
    throw error;
  }
}

function parseJson(text: string): Json {
  const problem = firstProblem(text);
  if (problem === undefined) return JSON.parse(text) as Json;
  const before = text.slice(0, problem).split('\n');
  const place = `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
  const found = problem === text.length ? 'the file ends too early' : `"${text[problem]}" cannot stand here`;
  throw new MalformedError(`not valid JSON at ${place}: ${found}`);
}

function toCase(value: Json, index: number): OracleCase {
  const where = `case ${index + 1}`;
  try {
    if (!isObject(value)) throw new MalformedError('it is not an object');
    const id = textField(value, 'id');
    const setup = listField(value, 'setup').map((op, at) => toObject(op, `setup[${at}]`));
    const results = listField(objectField(value, 'expect'), 'results').map((r, at) => toObject(r, `results[${at}]`));
    if (setup.length !== results.length) {
      throw new MalformedError(`${setup.length} operations but ${results.length} results`);
    }
    for (const op of setup) textField(op, 'op');
    return { id, setup, results };
  } catch (error) {
    if (error instanceof MalformedError) throw new MalformedError(`${where}: ${error.message}`);
    throw error;
  }
}

function toObject(value: Json, what: string): JsonObject {
  if (!isObject(value)) throw new MalformedError(`${what} is not an object`);
  return value;
}
