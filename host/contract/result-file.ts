import * as v from 'valibot';
import { err, ok, type Result } from '../../core/index.ts';
import { RESULT_FILE, RESULT_FILE_VERSION, resultFile } from './stored.ts';
import type { ResultFile } from './lab.ts';

/** Reads the text of a result file, or says in a sentence why it cannot be read. */
export function readResultFile(text: string): Result<ResultFile> {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch {
    return err('this is not a result file of Exitlab, or it is damaged: it is no JSON');
  }
  return parseResultFile(input);
}

/** The same for JSON that was read already. */
export function parseResultFile(input: unknown): Result<ResultFile> {
  const schema = typeof input === 'object' && input !== null && 'schema' in input ? String(input.schema) : '';
  const [name = '', number = ''] = schema.split('/');
  if (name !== RESULT_FILE) return err('this is not a result file of Exitlab');
  if (Number(number) > RESULT_FILE_VERSION) {
    return err(
      `this result was written by a later version of Exitlab (${schema.slice(0, 40)}; this one reads ${RESULT_FILE}/${RESULT_FILE_VERSION}): ` +
        'open it with that version',
    );
  }
  const parsed = v.safeParse(resultFile, input);
  if (parsed.success) return ok(parsed.output as ResultFile);
  const issue = parsed.issues[0];
  const at = v.getDotPath(issue);
  return err(`this result file is damaged${at === null ? '' : ` at ${at}`}: ${issue.message}`.slice(0, 300));
}
