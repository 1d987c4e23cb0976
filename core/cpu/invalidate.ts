import { EVENT } from '../events/kinds.ts';
import type { Recorder } from '../events/recorder.ts';
import type { Caches } from './caches.ts';
import { contextOfTag, contextTag, GLOBAL_PCID, type Contexts } from './contexts.ts';
import { rootOfNestedTag } from './nested-tlb.ts';
import { GUEST, NESTED, tableDimension, tableOwner } from './table-cache.ts';
import type { Translator } from './translate.ts';

/** First argument of hw_invalidate. */
const INVALIDATED = Object.freeze({
  ADDRESS: 0,
  PCID: 1,
  NON_GLOBAL: 2,
  LINEAR: 3,
  ROOT: 4,
  ALL_ROOTS: 5,
});

/**
 * What invalidates what: the rows of the table in SDM vol. 3C, "Invalidating Cached Translation Information", with 3A, 4.10.4. All of it
 * is about the one VPID or ASID of this vCPU. Nothing more is dropped than a row says.
 */
export class Invalidation {
  private readonly caches: Caches;
  private readonly contexts: Contexts;
  private readonly translator: Translator;
  private readonly events: Recorder;

  constructor(caches: Caches, contexts: Contexts, translator: Translator, events: Recorder) {
    this.caches = caches;
    this.contexts = contexts;
    this.translator = translator;
    this.events = events;
  }

  /** INVLPG: the address, global pages too, current PCID, under every nested root; all paging-structure caches of the PCID. */
  address(hi: number, lo: number): void {
    const { pcid } = this.translator.mode;
    this.dropAddress(hi, lo, pcid);
    this.dropAddress(hi, lo, GLOBAL_PCID);
    this.dropUpper((id) => this.contexts.pcid(id) === pcid);
    this.tell(INVALIDATED.ADDRESS, hi, lo);
  }

  /**
   * INVVPID type 0 (SDM vol. 3C, "Operations that Invalidate Cached Mappings": all PCIDs and, for combined mappings, all EP4TAs) and
   * AMD's INVLPGA, which names an ASID and no PCID: what would be used for the address under every context. A unified cache is not kept by
   * linear address: all it has of guest tables goes.
   */
  addressOfVpid(hi: number, lo: number): void {
    const { tlbs, guestPsc, tableCache } = this.caches;
    const vpn = (lo >>> 12) | (hi << 20);
    this.contexts.each((id) => {
      const tag = contextTag(id, hi);
      for (const tlb of tlbs) tlb.dropWholePage(vpn, tag, tag);
      guestPsc.dropFor(vpn, tag);
    });
    if (tableCache.size !== 0) tableCache.dropWhere((high) => tableDimension(high) === GUEST);
    this.tell(INVALIDATED.ADDRESS, hi, lo);
  }

  /** INVPCID type 0 on one PCID: the address, not its global translation. */
  addressOfPcid(hi: number, lo: number, pcid: number): void {
    this.dropAddress(hi, lo, pcid);
    this.dropUpper((id) => this.contexts.pcid(id) === pcid);
    this.tell(INVALIDATED.ADDRESS, hi, lo);
  }

  /** MOV CR3 without bit 63, INVPCID type 1: everything of one PCID but global translations. */
  pcid(pcid: number): void {
    this.dropLinear((id) => this.contexts.pcid(id) === pcid);
    this.tell(INVALIDATED.PCID, 0, pcid);
  }

  /** INVPCID type 3, INVVPID type 3: every PCID, but global translations stay. */
  nonGlobal(): void {
    this.dropLinear((id) => this.contexts.pcid(id) !== GLOBAL_PCID);
    this.tell(INVALIDATED.NON_GLOBAL, 0, 0);
  }

  /** MOV CR4, CR0.PG cleared, INVPCID type 2, INVVPID type 1, VM entry or exit without VPID: all linear and combined mappings. */
  allLinear(): void {
    const { tlbs, guestPsc, tableCache } = this.caches;
    for (const tlb of tlbs) tlb.clear();
    guestPsc.tags.clear();
    if (tableCache.size !== 0) tableCache.dropWhere((hi) => tableDimension(hi) === GUEST);
    this.tell(INVALIDATED.LINEAR, 0, 0);
  }

  /** INVEPT type 1: combined and guest-physical mappings of one nested root. */
  root(rootId: number): void {
    const { nestedPsc, nestedTlb, tableCache } = this.caches;
    this.dropLinear((id) => this.contexts.root(id) === rootId);
    nestedTlb.dropWhere((hi) => rootOfNestedTag(hi) === rootId);
    nestedPsc.tags.dropWhere((hi) => rootOfNestedTag(hi) === rootId);
    tableCache.dropWhere((hi) => tableDimension(hi) === NESTED && tableOwner(hi) === rootId);
    this.tell(INVALIDATED.ROOT, 0, rootId);
  }

  /** INVEPT type 2, and a flush of an ASID on AMD, whose tag covers the nested dimension too: everything. */
  everything(): void {
    this.caches.clear();
    this.tell(INVALIDATED.ALL_ROOTS, 0, 0);
  }

  private dropAddress(hi: number, lo: number, pcid: number): void {
    const vpn = (lo >>> 12) | (hi << 20);
    for (const id of this.contexts.withPcid(pcid)) {
      const tag = contextTag(id, hi);
      for (const tlb of this.caches.tlbs) tlb.dropWholePage(vpn, tag, tag);
    }
  }

  private dropLinear(test: (context: number) => boolean): void {
    for (const tlb of this.caches.tlbs) tlb.tags.dropWhere((hi) => test(contextOfTag(hi)));
    this.dropUpper(test);
  }

  private dropUpper(test: (context: number) => boolean): void {
    this.caches.guestPsc.tags.dropWhere((hi) => test(contextOfTag(hi)));
    this.caches.tableCache.dropWhere((hi) => tableDimension(hi) === GUEST && test(tableOwner(hi)));
  }

  private tell(what: number, hi: number, lo: number): void {
    if (this.events.on) this.events.emit(EVENT.hw_invalidate, what, 0, hi, lo);
  }
}
