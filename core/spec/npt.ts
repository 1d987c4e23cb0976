/**
 * Nested page faults and I/O intercepts on AMD. Sources: APM vol. 2, 15.25.6 "Nested versus Guest Page Faults", figure of EXITINFO1
 * for IOIO intercepts in 15.10.2. The entries themselves are ordinary long-mode entries (core/spec/paging.ts).
 */
export const IOIO = Object.freeze({
  /** 1: IN or INS. */
  TYPE_IN: 1 << 0,
  STRING: 1 << 2,
  REP: 1 << 3,
  SIZE_8: 1 << 4,
  SIZE_16: 1 << 5,
  SIZE_32: 1 << 6,
  ADDRESS_16: 1 << 7,
  ADDRESS_32: 1 << 8,
  ADDRESS_64: 1 << 9,
  SEGMENT_SHIFT: 10,
  PORT_SHIFT: 16,
});

/** Segment numbers of IOIO's EXITINFO1 bits 12:10. */
export const IOIO_SEGMENT = Object.freeze({ ES: 0, DS: 3 });
