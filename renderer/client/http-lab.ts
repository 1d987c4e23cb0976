import {
  LabError,
  labFailed,
  readAnswer,
  readEvent,
  type LabEvent,
  type LabMethod,
  type LabParams,
  type LabReply,
} from '../../host/contract/lab.ts';
import { EventLines } from './event-lines.ts';
import { Listeners, type LabClient } from './lab-client.ts';

/** Milliseconds before the event stream is tried again: the first time, and the longest. */
const FIRST_WAIT = 300;
const LONGEST_WAIT = 5000;

/** The lab behind a browser host: calls by POST, events by a stream that is opened again when it breaks. */
export class HttpLab implements LabClient {
  private readonly origin: string;
  private readonly key: string;
  private readonly listeners = new Listeners<LabEvent>();
  private readonly connections = new Listeners<boolean>();
  private readonly stopper = new AbortController();
  private connected = false;
  private opened: Promise<void> | null = null;

  /** `origin` like `http://127.0.0.1:8080`; `key` of a session (see `openSession`). */
  constructor(origin: string, key: string) {
    this.origin = origin;
    this.key = key;
  }

  async call<M extends LabMethod>(method: M, params: LabParams<M>): Promise<LabReply<M>> {
    // What a start has to say must find somebody who listens.
    if (method === 'start') await this.opened;
    const answer = readAnswer(method, await this.post(JSON.stringify({ method, params })));
    if (!answer.ok) throw new LabError(answer.error);
    return answer.value;
  }

  listen(hear: (event: LabEvent) => void): () => void {
    this.opened ??= this.keepOpen();
    return this.listeners.add(hear);
  }

  onConnection(hear: (connected: boolean) => void): () => void {
    this.opened ??= this.keepOpen();
    hear(this.connected);
    return this.connections.add(hear);
  }

  /** Ends the stream of events for good. */
  close(): void {
    this.stopper.abort();
  }

  private async post(body: string): Promise<unknown> {
    let response: Response;
    try {
      response = await fetch(`${this.origin}/call`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...this.authorization() },
        body,
      });
    } catch {
      throw unreachable('The lab does not answer. Was it stopped?');
    }
    if (!response.ok) throw unreachable((await response.text().catch(() => '')).trim() || `status ${response.status}`);
    return response.json().catch(() => null);
  }

  /** Resolves when the stream was opened, or could not be, for the first time; goes on until `close`. */
  private keepOpen(): Promise<void> {
    return new Promise((tried) => void this.stream(tried));
  }

  private async stream(tried: () => void): Promise<void> {
    let wait = FIRST_WAIT;
    let before = false;
    const { signal } = this.stopper;
    while (!signal.aborted) {
      const opened = await this.readStream(() => {
        this.setConnected(true);
        if (before) this.listeners.tell({ name: 'lab.lost', data: {} });
        before = true;
        wait = FIRST_WAIT;
        tried();
      }).catch(() => null);
      this.setConnected(false);
      tried();
      if (opened === 'refused') return;
      await pause(wait, signal);
      wait = Math.min(wait * 2, LONGEST_WAIT);
    }
  }

  private async readStream(onOpen: () => void): Promise<'ended' | 'refused'> {
    const { signal } = this.stopper;
    const response = await fetch(`${this.origin}/events`, { headers: this.authorization(), signal });
    if (response.status === 401) return 'refused';
    if (!response.ok || response.body === null) return 'ended';
    onOpen();
    const lines = new EventLines((data) => this.take(data));
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return 'ended';
      lines.push(value);
    }
  }

  private take(data: string): void {
    const read = readEvent(parse(data));
    if (read.ok) this.listeners.tell(read.value);
  }

  private authorization(): Record<string, string> {
    return { authorization: `Bearer ${this.key}` };
  }

  private setConnected(connected: boolean): void {
    if (connected === this.connected) return;
    this.connected = connected;
    this.connections.tell(connected);
  }
}

/** Turns the token of a link into the key of a session; null when the link is wrong or was used. */
export async function openSession(origin: string, token: string): Promise<string | null> {
  const response = await fetch(`${origin}/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  }).catch(() => null);
  if (response === null || !response.ok) return null;
  const body: unknown = await response.json().catch(() => null);
  return typeof body === 'object' && body !== null && 'key' in body && typeof body.key === 'string' ? body.key : null;
}

const unreachable = (message: string): LabError => new LabError(labFailed('unreachable', message));

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
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
