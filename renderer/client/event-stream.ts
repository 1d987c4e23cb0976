import { EventLines } from './event-lines.ts';
import type { Connection } from './lab-client.ts';

/** Milliseconds before the stream is tried again: the first time, and the longest. */
const FIRST_WAIT = 300;
const LONGEST_WAIT = 2000;

export interface StreamParts {
  /** Windows of the same name share one stream. */
  readonly name: string;
  readonly open: (signal: AbortSignal) => Promise<Response>;
  readonly hear: {
    /** The data of an event. */
    event(data: string): void;
    /** The stream broke and came back: events may have been missed. */
    missed(): void;
    /** Told after the first attempt, and at each change. */
    connection(connection: Connection): void;
  };
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** What the window that reads the stream tells the others; `who` is what a new one asks. */
type Word =
  | { readonly kind: 'event'; readonly data: string }
  | { readonly kind: 'connection'; readonly connection: Connection }
  | { readonly kind: 'missed' | 'who' };

/**
 * Follows the lab's events until the signal. A browser opens six connections to a host and no more, so of all windows one reads the stream
 * and tells the others; when it goes, the next one takes over.
 */
export function followStream({ name, open, hear, signal }: StreamParts): void {
  const channel = new BroadcastChannel(name);
  let isReader = false;
  /** Null before the first attempt. */
  let connection: Connection | null = null;
  let wasOpen = false;
  const act = (word: Word): void => {
    if (word.kind === 'event') hear.event(word.data);
    else if (word.kind === 'missed') {
      if (wasOpen) hear.missed();
    } else if (word.kind === 'connection') {
      wasOpen ||= word.connection === 'open';
      connection = word.connection;
      hear.connection(connection);
    }
  };
  const tell = (word: Word): void => {
    act(word);
    channel.postMessage(word);
  };
  channel.onmessage = ({ data }: MessageEvent<Word>) => {
    if (!isReader) act(data);
    else if (data.kind === 'who' && connection !== null) channel.postMessage({ kind: 'connection', connection });
  };
  channel.postMessage({ kind: 'who' } satisfies Word);
  signal.addEventListener('abort', () => channel.close(), { once: true });
  navigator.locks
    .request(name, { signal }, () => {
      isReader = true;
      return read(open, tell, signal);
    })
    // The end of the window while it waited.
    .catch(() => {});
}

/** Reads the stream and opens it again whenever it breaks. */
async function read(open: StreamParts['open'], tell: (word: Word) => void, signal: AbortSignal): Promise<void> {
  let wait = FIRST_WAIT;
  while (!signal.aborted) {
    const end = await readOnce(open, signal, {
      opened() {
        // Nobody counts events: whoever was connected before must ask what became of its run.
        tell({ kind: 'missed' });
        tell({ kind: 'connection', connection: 'open' });
        wait = FIRST_WAIT;
      },
      event: (data) => tell({ kind: 'event', data }),
    }).catch((): Connection => 'lost');
    if (signal.aborted) return;
    tell({ kind: 'connection', connection: end });
    await pause(wait, signal);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }
}

async function readOnce(
  open: StreamParts['open'],
  signal: AbortSignal,
  hear: { opened(): void; event(data: string): void },
): Promise<Connection> {
  const response = await open(signal);
  if (response.status === 401) return 'refused';
  if (!response.ok || response.body === null) return 'lost';
  hear.opened();
  const lines = new EventLines((data) => hear.event(data));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return 'lost';
    lines.push(value);
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
