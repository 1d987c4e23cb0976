/** The instruction is complete: memory is written, `result` holds what a register would. */
export const CPU_DONE = 0;
/** A guest fault, in `fault`. Nothing was written, except by the elements of a string instruction that are complete. */
export const CPU_FAULT = 1;
/** A VM exit, in `exit`. */
export const CPU_EXIT = 2;
