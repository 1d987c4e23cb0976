import { difference } from './compare.ts';
import { type JsonObject, MalformedError, textField, UnsupportedError } from './fields.ts';
import { GUEST_OPS } from './guest-ops.ts';
import { HOST_OPS } from './host-ops.ts';
import type { OracleCase } from './oracle-file.ts';
import { OracleVm } from './oracle-vm.ts';
import { repeatOp } from './repeat-op.ts';

type CaseOutcome =
  | { readonly outcome: 'passed' }
  /** `why`: the operation and the difference. */
  | { readonly outcome: 'failed'; readonly why: string }
  /** `why`: a reason that many cases share. */
  | { readonly outcome: 'skipped'; readonly why: string }
  /** The case is not of this format. */
  | { readonly outcome: 'malformed'; readonly why: string };

/** Replays one recorded case on a fresh VM and compares every answer. */
export function replayCase(recorded: OracleCase): CaseOutcome {
  const vm = new OracleVm();
  for (const [index, op] of recorded.setup.entries()) {
    const expected = recorded.results[index]!;
    try {
      const wrong = difference(perform(vm, op, expected), expected);
      if (wrong !== undefined) return { outcome: 'failed', why: `setup[${index}] ${textField(op, 'op')}: ${wrong}` };
    } catch (error) {
      if (error instanceof UnsupportedError) return { outcome: 'skipped', why: error.message };
      if (error instanceof MalformedError) return { outcome: 'malformed', why: `setup[${index}]: ${error.message}` };
      if (error instanceof RangeError) return { outcome: 'skipped', why: 'the case takes more memory than there is' };
      throw error;
    }
  }
  return { outcome: 'passed' };
}

function perform(vm: OracleVm, op: JsonObject, recorded: JsonObject): JsonObject {
  const name = textField(op, 'op');
  if (name === 'repeat') return repeatOp(op, (body) => perform(vm, body, {}));
  const guest = Object.hasOwn(GUEST_OPS, name) ? GUEST_OPS[name] : undefined;
  if (guest !== undefined) return guest(vm, op, recorded, (act) => perform(vm, act, {}));
  const host = Object.hasOwn(HOST_OPS, name) ? HOST_OPS[name] : undefined;
  if (host === undefined) throw new UnsupportedError(`the operation "${name}" is not known`);
  return host(vm, op);
}
