/** What a script may use up. */
export interface Limits {
  /** Wall-clock seconds of one run, model included. */
  readonly seconds: number;
  /** Bytes of the script's own memory. */
  readonly memoryBytes: number;
  /** Bytes of the script's stack. */
  readonly stackBytes: number;
  /** Records that are not inside `repeat` bodies replayed by the model. */
  readonly records: number;
  /** Lines of console.log. */
  readonly messages: number;
}

const MEBIBYTE = 1024 * 1024;

export const DEFAULT_LIMITS: Limits = {
  seconds: 120,
  memoryBytes: 64 * MEBIBYTE,
  stackBytes: 256 * 1024,
  records: 200_000_000,
  messages: 1000,
};
