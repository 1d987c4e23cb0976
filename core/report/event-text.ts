import { wordsToBig } from '../base/words.ts';
import { EVENT_ROWS } from '../events/kinds.ts';
import type { RecordedEvent } from '../events/recorder.ts';
import { exitName } from '../machine/exit-names.ts';

/** Arguments that are shown in hexadecimal. */
const HEX = /code|qualification|entry|rights|hfn|port/;

/** One event with its arguments by name, e.g. `hw_nested_entry level 4, place L2, entry 0x107`. */
export function eventText(event: RecordedEvent, vendor: 'intel' | 'amd'): string {
  const labels = EVENT_ROWS[event.kind]?.slice(1) ?? [];
  const parts: string[] = [];
  for (let n = 0; n < labels.length; n++) {
    const label = labels[n]!;
    const value = event.args[n]!;
    const pair = pairName(label, labels[n + 1]);
    if (pair !== null) {
      const [high, low] = /hi$/i.test(label) ? [value, event.args[n + 1]!] : [event.args[n + 1]!, value];
      parts.push(`${pair} 0x${wordsToBig(high, low).toString(16)}`);
      n++;
    } else if (label !== '') parts.push(argumentText(event.name, label, value, vendor));
  }
  return `${event.name}${parts.length === 0 ? '' : ` ${parts.join(', ')}`}`;
}

/** `gpa` for gpaHi and gpaLo, in either order. */
function pairName(label: string, next: string | undefined): string | null {
  const first = /^(\w*)(hi|lo)$/i.exec(label);
  const second = next === undefined ? null : /^(\w*)(hi|lo)$/i.exec(next);
  if (first === null || second === null || first[1] !== second[1]) return null;
  return first[1] === '' ? 'address' : first[1]!;
}

function argumentText(event: string, label: string, value: number, vendor: 'intel' | 'amd'): string {
  if (event === 'kvm_exit' && label === 'reason') return `reason ${exitName(vendor, value & 2047)}`;
  const [, name = label, list = ''] = /^([^(]*?) *\((.*)\)$/.exec(label) ?? [];
  const word = new RegExp(`\\b${value} ([^,]+)`).exec(list)?.[1];
  if (word !== undefined) return `${name} ${word}`;
  return `${name} ${HEX.test(name) ? `0x${(value >>> 0).toString(16)}` : value}`;
}
