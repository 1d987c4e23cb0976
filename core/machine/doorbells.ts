import { bigHi, bigLo } from '../base/words.ts';
import type { DoorbellRealisation } from '../design/design.ts';
import type { DoorbellOp } from '../guest/setup.ts';

/** Where doorbell pages stand when the script asks for no address: a page each, in a hole below 4 GiB that PCs give to PCI BARs. */
const DOORBELL_BASE = 0xe000_0000n;
const DOORBELL_LIMIT = 0xfec0_0000n;
/** First port of doorbells on the PIO bus; each takes 8 ports. */
const DOORBELL_PORT = 0x4000;
const DOORBELL_PORTS = 8;

/** A doorbell as this configuration built it. */
export interface Doorbell {
  readonly name: string;
  readonly width: number;
  readonly space: DoorbellRealisation['space'];
  /** Guest-physical (and linear) address, or 0n for a port. */
  readonly gpa: bigint;
  /** The same as two words. */
  readonly hi: number;
  readonly lo: number;
  readonly port: number;
  /** Length given to KVM_IOEVENTFD; null when userspace serves the doorbell. */
  readonly ioeventfd: { readonly length: number; readonly datamatch: bigint | null } | null;
}

/** What the design makes of the `index`-th doorbell of the script, or the sentence why it cannot. */
export function realiseDoorbell(op: DoorbellOp, index: number, how: DoorbellRealisation): Doorbell | string {
  const ioeventfd = how.eventfd
    ? { length: how.length === 0 ? 0 : op.width, datamatch: how.datamatch ? op.match : null }
    : null;
  if (how.space === 'pio') {
    if (op.gpa !== null) {
      return `doorbell '${op.name}' has a guest-physical address, but this design rings a port: leave gpa out, or choose a design on MMIO`;
    }
    if (op.width > 4) return `doorbell '${op.name}' is ${op.width} bytes wide, but a port takes at most 4`;
    const port = DOORBELL_PORT + index * DOORBELL_PORTS;
    if (port + DOORBELL_PORTS > 0x1_0000) return `too many doorbells for the port space: ${index + 1}`;
    return { name: op.name, width: op.width, space: 'pio', gpa: 0n, hi: 0, lo: port, port, ioeventfd };
  }
  const gpa = op.gpa ?? DOORBELL_BASE + BigInt(index) * 4096n;
  if (op.gpa === null && gpa >= DOORBELL_LIMIT)
    return `too many doorbells: ${index + 1} pages do not fit below 0xfec00000`;
  return {
    name: op.name,
    width: op.width,
    space: how.space,
    gpa,
    hi: bigHi(gpa) | 0,
    lo: bigLo(gpa) | 0,
    port: 0,
    ioeventfd,
  };
}
