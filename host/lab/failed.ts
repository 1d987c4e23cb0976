import { LabError, labFailed, type LabFailure } from '../contract/lab.ts';

/** An error that a call is answered with. */
export const failed = (code: LabFailure['code'], message: string): LabError => new LabError(labFailed(code, message));

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
};

/** What a file operation threw, as an answer with the name that the user gave. */
export function fileFailed(name: string, doing: 'read' | 'written', error: unknown): LabError {
  if (error instanceof LabError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const reason = REASONS[code] ?? (code || String(error));
  return failed(code === 'ENOENT' ? 'not-found' : 'refused', `${name}: cannot be ${doing}: ${reason}`);
}
