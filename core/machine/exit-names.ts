import { EXIT_REASON, SVM_EXIT } from '../spec/vm-exit.ts';

const INTEL = new Map<number, string>(Object.entries(EXIT_REASON).map(([name, code]) => [code, name]));
const AMD = new Map<number, string>(Object.entries(SVM_EXIT).map(([name, code]) => [code, name]));

/** Name of an exit reason as perf and the kernel's trace events print it. */
export const exitName = (vendor: 'intel' | 'amd', reason: number): string =>
  (vendor === 'intel' ? INTEL : AMD).get(reason) ?? `exit ${reason}`;
