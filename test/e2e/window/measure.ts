import { readFileSync } from 'node:fs';
import type { Browser, CDPSession, Page } from 'playwright-core';

/** A task of the page's main thread. */
export interface Task {
  /** How long it took, in milliseconds. */
  readonly ms: number;
  /** How much of that the thread was on a processor: the rest it waited for one, where others had them all. */
  readonly cpu: number;
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** The tasks of the page's main thread while `work` goes on, longest first, from Chromium's own trace. */
export async function tasksDuring(browser: Browser, page: Page, work: () => Promise<void>): Promise<Task[]> {
  const pid = await rendererOf(browser, page);
  await browser.startTracing(page, { categories: ['-*', '__metadata', 'toplevel'] });
  await work();
  const trace = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
  return mainTasks(trace.traceEvents, pid);
}

function mainTasks(events: readonly TraceEvent[], pid: number): Task[] {
  const main = events.find(
    ({ name, pid: owner, args }) => owner === pid && name === 'thread_name' && args?.name === 'CrRendererMain',
  );
  const tasks = events.filter(
    ({ name, ph, pid: owner, tid }) =>
      owner === pid && tid === main?.tid && ph === 'X' && name === 'ThreadControllerImpl::RunTask',
  );
  return tasks
    .map(({ dur = 0, tdur = dur }) => ({ ms: dur / 1000, cpu: tdur / 1000 }))
    .sort((one, other) => other.ms - one.ms);
}

/** Process of the page: the renderer that works most after the page was told to. */
async function rendererOf(browser: Browser, page: Page): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const times = async (): Promise<Map<number, number>> => {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    return new Map(processInfo.filter(({ type }) => type === 'renderer').map(({ id, cpuTime }) => [id, cpuTime]));
  };
  const before = await times();
  await page.evaluate(() => {
    const end = performance.now() + 300;
    while (performance.now() < end);
  });
  const after = await times();
  await session.detach();
  const [busiest] = [...after].sort(([a, x], [b, y]) => y - (before.get(b) ?? 0) - (x - (before.get(a) ?? 0)));
  return busiest![0];
}

export interface Memory {
  /** What the page's scripts hold after a collection, without workers, MB of 10^6 bytes. */
  readonly heap: number;
  /** What the page's process has to itself: scripts, workers, canvases, layout and the code of the browser that it touched. */
  readonly process: number;
}

/** Memory of the page after a collection. The process is looked at where there is a /proc. */
export async function memoryOf(browser: Browser, page: Page): Promise<Memory> {
  const session: CDPSession = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  const pid = await rendererOf(browser, page);
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const own = [...rollup.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB/gm)].reduce(
    (sum, [, kB]) => sum + Number(kB),
    0,
  );
  return { heap: usedSize / 1e6, process: (own * 1024) / 1e6 };
}

/** Milliseconds between the frames that the page draws while `work` goes on. */
export async function framesDuring(page: Page, work: () => Promise<void>): Promise<number[]> {
  await page.evaluate(() => {
    const kept = window as unknown as { frames: number[] | null };
    const frames: number[] = (kept.frames = []);
    let last = performance.now();
    const tick = (now: number): void => {
      frames.push(now - last);
      last = now;
      if (kept.frames === frames) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  await work();
  return page.evaluate(() => {
    const kept = window as unknown as { frames: number[] | null };
    const frames = kept.frames ?? [];
    kept.frames = null;
    return frames.slice(1);
  });
}

/** Milliseconds after the mouse was pressed. */
export interface Opening {
  /** When the first rows of the events were drawn, with their arguments. */
  readonly first: number;
  /** When every event was taken in, and drawn. */
  readonly all: number;
}

/** How long the timeline takes to open, as the page itself sees it frame by frame; `press` presses what opens it. */
export async function openingOf(page: Page, press: () => Promise<void>): Promise<Opening> {
  await page.evaluate(() => {
    let pressed = Number.NaN;
    addEventListener('pointerdown', ({ timeStamp }) => (pressed = timeStamp), { capture: true, once: true });
    const rowIsThere = (grid: Element): boolean => {
      const text = grid.querySelectorAll('[role=row]')[2]?.textContent ?? '…';
      return !text.endsWith('…');
    };
    /** The lanes say how many events of each kind there are so far. */
    const isWhole = (grid: Element): boolean => {
      const lanes = document.querySelector('canvas[aria-label*="kvm_exit"]')?.getAttribute('aria-label') ?? '';
      const counts = lanes.split(', ').map((lane) => Number((lane.split(': ')[1] ?? '').replaceAll(/\D/g, '')));
      return counts.reduce((sum, count) => sum + count, 0) === Number(grid.getAttribute('aria-rowcount')) - 1;
    };
    (window as unknown as { opening: Promise<Opening> }).opening = new Promise((resolve) => {
      let first = 0;
      const look = (): void => {
        const grid = document.querySelector('[role=grid][aria-label="Events"]');
        if (first === 0 && grid !== null && rowIsThere(grid)) first = performance.now() - pressed;
        // What was just seen in the page is on the screen with the next frame.
        if (first > 0 && isWhole(grid!))
          requestAnimationFrame(() => resolve({ first, all: performance.now() - pressed }));
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
  });
  await press();
  return page.evaluate(() => (window as unknown as { opening: Promise<Opening> }).opening);
}

/** The value that this share of the values does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
