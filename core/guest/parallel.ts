/**
 * Programs that several vCPUs carry out at the same time, as records. All have the code RECORD.PARALLEL; the header's size says which:
 *
 *     TOGETHER      [programs]                     the programs follow at once, one PROGRAM record each
 *     PROGRAM       [vCPU, doubles in the body]    the body follows; numbers from HOST_THREAD downwards are the VMM's own
 *                                                 threads, with HOST and PAUSE records only
 *     ON_INTERRUPT  [vector, doubles in the body]  from here on the body is this program's handler of the vector
 *     SPIN_UNTIL    [address, value, bytes]        loads until the value is there, with a PAUSE after each load that finds another one
 *     HALT_UNTIL    [address, value, bytes]        the guest's idle loop: the same with HLT, and interrupts off between load and HLT
 */
export const PARALLEL = Object.freeze({ TOGETHER: 0, PROGRAM: 1, ON_INTERRUPT: 2, SPIN_UNTIL: 3, HALT_UNTIL: 4 });

/** Stands for the first of the VMM's own threads where a PROGRAM record names a vCPU; the others are the numbers below. */
export const HOST_THREAD = 63;
/** Threads of the VMM's that may act at the same time. */
export const HOST_THREADS = 8;
