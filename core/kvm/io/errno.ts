/** Error numbers as ioctls and the buses return them: 0 or one of these, positive. Values: include/uapi/asm-generic/errno*.h. */
export const ERRNO = Object.freeze({
  OK: 0,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EFAULT: 14,
  EEXIST: 17,
  EINVAL: 22,
  ENOSPC: 28,
  EOPNOTSUPP: 95,
});

type ErrnoName = keyof typeof ERRNO;

const NAMES = new Map<number, ErrnoName>(
  Object.entries(ERRNO).map(([name, value]) => [value as number, name as ErrnoName]),
);

/** The name of an error number; `OK` for 0, `errno N` for one the model never returns. */
export const errnoName = (errno: number): string => NAMES.get(errno) ?? `errno ${errno}`;
