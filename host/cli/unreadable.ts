const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a directory',
  EACCES: 'permission denied',
  ENOTDIR: 'there is no such file',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
};

/** Why a file cannot be read, as the second half of a sentence. */
export function unreadable(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return `cannot be read: ${REASONS[code] ?? (code || String(error))}`;
}
