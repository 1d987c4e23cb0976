import type { Prot } from '../../core/guest/kernel/ops.ts';

/** Bytes by address; absent ones are 0. */
type Bytes = Map<number, number>;

interface Page {
  prot: Prot;
  readonly shared: boolean;
  /** File and page of it; null for private anonymous memory. */
  readonly file: string | null;
  readonly index: number;
  /** The process's own copy; null as long as it has none. */
  own: Bytes | null;
}

/** What memory looks like to processes, in plain maps: no tables, no frames, no TLB. */
export class PlainModel {
  readonly processes = new Map<number, Map<number, Page>>();
  running = -1;
  private readonly files = new Map<string, Map<number, Bytes>>();

  isAlive(pid: number): boolean {
    return this.processes.has(pid);
  }

  start(pid: number): void {
    this.processes.set(pid, new Map());
  }

  exit(pid: number): void {
    this.processes.delete(pid);
    if (this.running === pid) this.running = -1;
    this.endSharedMemory();
  }

  exec(pid: number): void {
    this.processes.set(pid, new Map());
    this.endSharedMemory();
  }

  fork(parent: number, child: number): void {
    const copies = [...this.processes.get(parent)!].map(
      ([page, of]) => [page, { ...of, own: of.own === null ? null : new Map(of.own) }] as const,
    );
    this.processes.set(child, new Map(copies));
  }

  isFree(pid: number, first: number, count: number): boolean {
    for (let page = first; page < first + count; page++) if (this.processes.get(pid)!.has(page)) return false;
    return true;
  }

  isMapped(pid: number, first: number, count: number): boolean {
    for (let page = first; page < first + count; page++) if (!this.processes.get(pid)!.has(page)) return false;
    return true;
  }

  map(pid: number, first: number, count: number, prot: Prot, shared: boolean, file: string | null): void {
    const name = file ?? (shared ? `shmem ${pid} ${first}` : null);
    for (let i = 0; i < count; i++) {
      this.processes.get(pid)!.set(first + i, { prot, shared, file: name, index: i, own: null });
    }
  }

  unmap(pid: number, first: number, count: number): void {
    for (let page = first; page < first + count; page++) this.processes.get(pid)!.delete(page);
    this.endSharedMemory();
  }

  protect(pid: number, first: number, count: number, prot: Prot): void {
    for (let page = first; page < first + count; page++) this.processes.get(pid)!.get(page)!.prot = prot;
  }

  /** The process has a page of its own there. */
  wasWritten(pid: number, page: number): boolean {
    return (this.processes.get(pid)?.get(page)?.own ?? null) !== null;
  }

  /** Bytes that the running process reads, or null for a fault. */
  read(address: number, count: number): number[] | null {
    const bytes: number[] = [];
    for (let i = 0; i < count; i++) {
      const page = this.pageAt(address + i);
      if (page === undefined || page.prot === 'none') return null;
      bytes.push(this.bytesOf(page).get((address + i) % 4096) ?? 0);
    }
    return bytes;
  }

  /** False for a fault; nothing is written then. */
  write(address: number, bytes: readonly number[]): boolean {
    for (let i = 0; i < bytes.length; i++) if (!this.pageAt(address + i)?.prot.includes('w')) return false;
    bytes.forEach((byte, i) => {
      const page = this.pageAt(address + i)!;
      if (!page.shared && page.own === null) page.own = new Map(this.bytesOf(page));
      this.bytesOf(page).set((address + i) % 4096, byte);
    });
    return true;
  }

  private pageAt(address: number): Page | undefined {
    return this.processes.get(this.running)?.get(Math.floor(address / 4096));
  }

  private bytesOf(page: Page): Bytes {
    if (page.own !== null) return page.own;
    if (page.file === null) return new Map();
    let file = this.files.get(page.file);
    if (file === undefined) this.files.set(page.file, (file = new Map()));
    let bytes = file.get(page.index);
    if (bytes === undefined) file.set(page.index, (bytes = new Map()));
    return bytes;
  }

  /** Shared memory without a file ends with its last mapping. */
  private endSharedMemory(): void {
    const used = new Set([...this.processes.values()].flatMap((pages) => [...pages.values()].map(({ file }) => file)));
    for (const name of this.files.keys()) if (name.startsWith('shmem') && !used.has(name)) this.files.delete(name);
  }
}
