import { hexWords } from '../base/words.ts';
import type { Access } from './access.ts';
import { bytes, describeAccess, describeSource } from './describe.ts';
import type { DivergenceLog } from './divergence-log.ts';
import type { Expectation } from './expectation.ts';
import { type FindingName, FINDING_ID, FINDINGS, type Facts } from './findings.ts';
import { PIECE, type Pieces } from './observation.ts';
import type { StaleWindow } from './stale-window.ts';

const NOTHING: Facts = { what: '', fd: '', other: '', piece: '', got: '', want: '' };

/** What a finding adds to the access itself; numbers, so that a repeated finding costs no text. */
interface Detail {
  readonly fd?: number;
  readonly other?: number;
  /** Made only for the first of a group. */
  readonly words?: () => Partial<Facts>;
}

/** Turns findings about the current access into divergences. Equal ones (finding, line, operation, size, eventfd) are one group. */
export class Reporter {
  /** Findings about the current access. */
  found = 0;
  private readonly log: DivergenceLog;
  private readonly stale: StaleWindow;
  private readonly nameOf: (fd: number) => string;

  constructor(log: DivergenceLog, stale: StaleWindow, nameOf: (fd: number) => string) {
    this.log = log;
    this.stale = stale;
    this.nameOf = nameOf;
  }

  report(finding: FindingName, access: Access, exp: Expectation, detail: Detail): void {
    const { kind, text, guestMayBeStale } = FINDINGS[finding];
    const guestStale = guestMayBeStale && this.stale.open;
    const fd = detail.fd ?? -1;
    const key =
      ((((FINDING_ID[finding] * 2 + (guestStale ? 1 : 0)) * 32 + access.op) * 32 + access.size) * 4096 +
        ((fd + 1) & 4095)) *
        0x10_0000 +
      (access.line % 0x10_0000);
    this.found++;
    this.log.add(key, () => {
      const facts = {
        ...NOTHING,
        what: describeAccess(access, exp),
        fd: this.nameOf(fd),
        other: this.nameOf(detail.other ?? -1),
        ...detail.words?.(),
      };
      const suffix = guestStale ? this.staleSuffix() : '';
      return {
        kind: guestStale ? 'stale-translation' : kind,
        text: text(facts) + suffix,
        access: describeSource(access),
        line: access.line,
      };
    });
  }

  /** One group a page, counted by access. */
  reportPage(finding: FindingName, access: Access, page: number, fd: number): void {
    this.found++;
    this.log.add(-1 - page, () => {
      const facts = { ...NOTHING, fd: this.nameOf(fd), piece: '0x' + (BigInt(page) << 12n).toString(16) };
      const { kind, text } = FINDINGS[finding];
      return { kind, text: text(facts), access: describeSource(access), line: access.line };
    });
  }

  private staleSuffix(): string {
    const at = hexWords(this.stale.state[2]!, this.stale.state[3]!);
    return (
      ` (the guest changed a page-table entry at ${at} and has not invalidated it: a TLB may still hold the old translation, ` +
      `so the guest itself is at fault)`
    );
  }
}

/** `write of 4 bytes (0x1) at 0x30000000`. */
export function describePiece(pieces: Pieces, i: number): string {
  const kind = pieces.kind[i]!;
  const pio = kind === PIECE.PIO_IN || kind === PIECE.PIO_OUT;
  const reads = kind === PIECE.MMIO_READ || kind === PIECE.PIO_IN;
  const value = reads ? '' : ` (${hexWords(pieces.dataHi[i]!, pieces.dataLo[i]!)})`;
  const at = hexWords(pieces.hi[i]!, pieces.lo[i]!);
  return `${reads ? 'read' : 'write'} of ${bytes(pieces.size[i]!)}${value} at ${pio ? 'port ' : ''}${at}`;
}
