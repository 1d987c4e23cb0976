import type { LabError, LabFailure } from '../../host/contract/lab.ts';

/** What a rejected call says; anything else that was thrown becomes a crash with its message. */
export function failureOf(error: unknown): LabFailure {
  if (error instanceof Error && 'failure' in error) return (error as LabError).failure;
  return { code: 'crashed', message: error instanceof Error ? error.message : String(error), line: 0, column: 0 };
}

export const sentenceOf = (error: unknown): string => failureOf(error).message;
