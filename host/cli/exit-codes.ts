/** Everything asked for was done. */
export const EXIT_OK = 0;
/** It ran, and a check failed: a divergence or a stopped guest under --strict, a vector of a conformance file, a run that crashed. */
export const EXIT_CHECK_FAILED = 1;
/** The input cannot be worked with. */
export const EXIT_BAD_INPUT = 2;
/** Ended by Ctrl-C, as shells count signals. */
export const EXIT_INTERRUPTED = 130;
/** Ended by SIGTERM. */
export const EXIT_TERMINATED = 143;
