import type { StateSet } from '../../base/state.ts';
import { ERRNO } from './errno.ts';

const WORD = 0x1_0000_0000;
const LIMIT = (1n << 64n) - 1n;
/** File descriptors that are no eventfd: any other file. */
const NOT_EVENTFD = -1;
const CLOSED = -2;

/**
 * The host's eventfds and the VMM's file descriptors for them. An object lives as long as a descriptor or a registration holds it.
 *
 * A counter is `high * 2^32 + low`, at most 2^64 - 1. A signal only adds to `low`, which may pass 2^32 (it is exact to 2^53), so that
 * counters grow by addition alone and a recorded loop can be multiplied out; reading clamps at 2^64 - 1, where eventfd_signal stops.
 */
export class Eventfds {
  private high = new Float64Array(16);
  private low = new Float64Array(16);
  private holders = new Int32Array(16);
  private readonly descriptors: number[] = [];
  private used = 0;
  private readonly free: number[] = [];

  register(state: StateSet): void {
    state.addState(() => [this.holders]);
    state.addCounters(() => [this.high, this.low]);
  }

  /** eventfd(0): a new object with counter 0; returns its descriptor. */
  create(): number {
    const object = this.free.pop() ?? this.used++;
    if (object === this.holders.length) this.grow();
    this.high[object] = 0;
    this.low[object] = 0;
    this.holders[object] = 1;
    return this.descriptors.push(object) - 1;
  }

  /** A descriptor of some other kind of file. */
  openOther(): number {
    return this.descriptors.push(NOT_EVENTFD) - 1;
  }

  /** dup(fd): a new descriptor of the same object, or -EBADF. */
  dup(fd: number): number {
    const object = this.descriptors[fd] ?? CLOSED;
    if (object === CLOSED) return -ERRNO.EBADF;
    if (object >= 0) this.holders[object]!++;
    return this.descriptors.push(object) - 1;
  }

  /** close(fd): OK or EBADF. The object stays while anything else holds it. */
  close(fd: number): number {
    const object = this.descriptors[fd] ?? CLOSED;
    if (object === CLOSED) return ERRNO.EBADF;
    this.descriptors[fd] = CLOSED;
    if (object >= 0) this.put(object);
    return ERRNO.OK;
  }

  /** eventfd_ctx_fdget without taking a reference: the object of a descriptor, -EBADF, or -EINVAL for a file that is no eventfd. */
  resolve(fd: number): number {
    const object = this.descriptors[fd] ?? CLOSED;
    if (object === CLOSED) return -ERRNO.EBADF;
    return object === NOT_EVENTFD ? -ERRNO.EINVAL : object;
  }

  /** Takes a reference; a registration does so. */
  hold(object: number): void {
    this.holders[object]!++;
  }

  /** Drops a reference. */
  put(object: number): void {
    if (--this.holders[object]! === 0) this.free.push(object);
  }

  /** eventfd_signal: adds 1; stays at 2^64 - 1. */
  signal(object: number): void {
    this.low[object]!++;
  }

  /** The counter, 0 to 2^64 - 1. */
  counter(object: number): bigint {
    const value = BigInt(this.high[object]!) * BigInt(WORD) + BigInt(this.low[object]!);
    return value > LIMIT ? LIMIT : value;
  }

  /** write(2) of 8 bytes on a non-blocking eventfd: OK, EINVAL for 2^64 - 1, EAGAIN when the counter has no room. */
  write(object: number, value: bigint): number {
    if (value >= LIMIT) return ERRNO.EINVAL;
    const sum = this.counter(object) + value;
    if (sum >= LIMIT) return ERRNO.EAGAIN;
    this.set(object, sum);
    return ERRNO.OK;
  }

  /** read(2): the counter, which becomes 0; a result of 0 stands for EAGAIN. */
  read(object: number): bigint {
    const value = this.counter(object);
    this.set(object, 0n);
    return value;
  }

  private set(object: number, value: bigint): void {
    this.high[object] = Number(value / BigInt(WORD));
    this.low[object] = Number(value % BigInt(WORD));
  }

  private grow(): void {
    const size = this.holders.length * 2;
    const widen = <T extends Float64Array | Int32Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.high = widen(this.high, new Float64Array(size));
    this.low = widen(this.low, new Float64Array(size));
    this.holders = widen(this.holders, new Int32Array(size));
  }
}
