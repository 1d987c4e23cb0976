import {
  type Json,
  bigOf,
  type JsonObject,
  MalformedError,
  numberField,
  objectField,
  UnsupportedError,
} from './fields.ts';

const MOST = 100_000;

/** `repeat`: a body run `count` times, each time with some fields moved on. Answers how many succeeded and how the others failed. */
export function repeatOp(op: JsonObject, run: (body: JsonObject) => JsonObject): JsonObject {
  const count = numberField(op, 'count');
  if (count > MOST) throw new MalformedError(`field "count" is ${count}, more than ${MOST}`);
  const step = objectField(op, 'step');
  const body = objectField(op, 'body');
  const fails: Record<string, number> = {};
  let good = 0;
  let firstIndex: number | null = null;
  let firstErrno: string | null = null;
  for (let n = 0; n < count; n++) {
    const { errno } = run(moved(body, step, BigInt(n)));
    if (typeof errno !== 'string') throw new UnsupportedError('a repeated operation that has no error number');
    if (errno === 'OK') {
      good++;
      continue;
    }
    fails[errno] = (fails[errno] ?? 0) + 1;
    firstIndex ??= n;
    firstErrno ??= errno;
  }
  return { ok: good, first_fail_index: firstIndex, first_fail_errno: firstErrno, fails };
}

function moved(body: JsonObject, step: JsonObject, times: bigint): JsonObject {
  const changed: Record<string, Json> = { ...body };
  for (const [field, delta] of Object.entries(step)) {
    const from = bigOf(body[field]);
    const by = bigOf(delta);
    if (from === undefined || by === undefined) throw new MalformedError(`field "${field}" cannot be stepped`);
    changed[field] = '0x' + (from + by * times).toString(16);
  }
  return changed;
}
