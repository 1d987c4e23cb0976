import { bigOf, isObject, type Json, type JsonObject } from './fields.ts';

/** Parts of an answer that only a decoded program can give: compared where the model gives them. `bare` is no answer. */
const OPTIONAL: ReadonlySet<string> = new Set(['regs', 'dump', 'bare']);

/** The first difference between what the model answers and what was recorded, in words; undefined when they agree. */
export function difference(given: JsonObject, recorded: JsonObject): string | undefined {
  for (const key of Object.keys(recorded)) {
    if (OPTIONAL.has(key) && given[key] === undefined) continue;
    const mine = canonical(key, given[key]);
    const theirs = canonical(key, key === 'regs' ? withoutFlags(recorded[key]) : recorded[key]);
    if (mine !== theirs) return `${key}: expected ${theirs}, got ${mine}`;
  }
  const extra = Object.keys(given).find((key) => recorded[key] === undefined);
  return extra === undefined ? undefined : `${extra}: expected nothing, got ${canonical(extra, given[extra])}`;
}

/** Flags are not modelled. */
function withoutFlags(regs: Json | undefined): Json | undefined {
  return isObject(regs) ? Object.fromEntries(Object.entries(regs).filter(([name]) => name !== 'rflags')) : regs;
}

/** Numbers and their hexadecimal spelling are one thing, and so are the orders userspace cannot tell apart. */
function canonical(key: string, value: Json | undefined): string {
  if (value === undefined) return 'nothing';
  if (key === 'events' && Array.isArray(value)) return JSON.stringify(inOrder(value as readonly Json[]).map(plain));
  return JSON.stringify(plain(value));
}

function plain(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(plain);
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, each]): [string, Json] => [key, key === 'data' || key === 'reply' ? each : plain(each)])
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  }
  const number = bigOf(value);
  return number === undefined ? value : '0x' + number.toString(16);
}

/** Before each exit: the eventfds by name, then the ring entries as they stand. Userspace saw all of them at once. */
function inOrder(events: readonly Json[]): Json[] {
  const sorted: Json[] = [];
  let signals: JsonObject[] = [];
  let entries: JsonObject[] = [];
  const flush = (): void => {
    sorted.push(...signals.sort((a, b) => (String(a['eventfd']) < String(b['eventfd']) ? -1 : 1)), ...entries);
    signals = [];
    entries = [];
  };
  for (const event of events) {
    if (isObject(event) && event['eventfd'] !== undefined) signals.push(event);
    else if (isObject(event) && event['ring'] !== undefined) entries.push(event);
    else {
      flush();
      sorted.push(event);
    }
  }
  flush();
  return sorted;
}
