/**
 * Programs that several vCPUs carry out at the same time, as records. All have the code RECORD.PARALLEL; the header's size says which:
 *
 *     TOGETHER      [programs]                     the programs follow at once, one PROGRAM record each
 *     PROGRAM       [vCPU, doubles in the body]    the body follows; vCPU HOST_THREAD is the VMM's own thread, with HOST and PAUSE records only
 *     ON_INTERRUPT  [vector, doubles in the body]  from here on the body is this program's handler of the vector
 *     SPIN_UNTIL    [address, value, bytes]        loads until the value is there, with a PAUSE after each load that finds another one
 */
export const PARALLEL = Object.freeze({ TOGETHER: 0, PROGRAM: 1, ON_INTERRUPT: 2, SPIN_UNTIL: 3 });

/** Stands for the VMM's own thread where a PROGRAM record names a vCPU. */
export const HOST_THREAD = 63;
