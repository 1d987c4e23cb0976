import type { CpuModel } from './cpu-model.ts';

/** XCR0 of a Linux host: all user states of the CPU (fpu_kernel_cfg.max_features, arch/x86/kernel/fpu/xstate.c). */
const X87_SSE = 0x3;
const YMM = 0x4;
const AVX512 = 0xe0;
const PKRU = 0x200;
const TILE = 0x60000;
/** init_pkru_value: access to every key but 0 off (arch/x86/mm/pkeys.c). */
const INIT_PKRU = 0x5555_5554;

/** First years of the states a model does not list as features. */
const AVX_SINCE = 2011;
const AVX512_INTEL = 2017;
const AMX_SINCE = 2023;
const AVX512_AMD = 2022;
const XSAVES_SINCE = 2015;

/**
 * What a Linux host on this CPU has in XCR0, IA32_XSS and PKRU. Which generation has which state is recalled from the manuals; BNDREGS of
 * Skylake is left out (Linux 5.6 dropped MPX). XSS is taken for 0: supervisor states depend on the host's configuration.
 */
export function hostXstate({ vendor, year, features }: CpuModel) {
  const avx512 = year >= (vendor === 'intel' ? AVX512_INTEL : AVX512_AMD);
  const xcr0 =
    X87_SSE |
    (year >= AVX_SINCE ? YMM : 0) |
    (avx512 ? AVX512 : 0) |
    (features.pku ? PKRU : 0) |
    (vendor === 'intel' && year >= AMX_SINCE ? TILE : 0);
  return { xcr0, xss: 0, pkru: INIT_PKRU, pku: features.pku, xsaves: year >= XSAVES_SINCE };
}
