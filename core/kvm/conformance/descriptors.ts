import type { Eventfds } from '../io/eventfd.ts';
import { UnsupportedError } from './fields.ts';

const OTHER_FILES: ReadonlySet<string> = new Set(['file', 'pipe', 'devnull', 'epoll', 'vmfd', 'kvmfd', 'timerfd']);

/** The names of file descriptors: `e1`, `e2`, ... are eventfds made on first use, others stand for themselves. */
export class Descriptors {
  private readonly fds = new Map<string, number>();
  private readonly eventfds: Eventfds;

  constructor(eventfds: Eventfds) {
    this.eventfds = eventfds;
  }

  fd(name: string): number {
    const known = this.fds.get(name);
    if (known !== undefined) return known;
    if (/^(-1|9999)$/.test(name)) return Number(name);
    const made = this.open(name);
    this.fds.set(name, made);
    return made;
  }

  dup(from: string, to: string): number {
    const made = this.eventfds.dup(this.fd(from));
    if (made >= 0) this.fds.set(to, made);
    return made < 0 ? -made : 0;
  }

  close(name: string): number {
    const result = this.eventfds.close(this.fd(name));
    this.fds.delete(name);
    return result;
  }

  /** Objects of the eventfds made on first use and still open, by name: those whose counters the recorder read after each step. */
  watched(): [name: string, object: number][] {
    return [...this.fds].filter(([name]) => isEventfd(name)).map(([name, fd]) => [name, this.eventfds.resolve(fd)]);
  }

  private open(name: string): number {
    if (isEventfd(name)) return this.eventfds.create();
    if (OTHER_FILES.has(name)) return this.eventfds.openOther();
    throw new UnsupportedError('a file descriptor of an unknown name');
  }
}

const isEventfd = (name: string): boolean => /^e\d+$/.test(name);
